/* Calls itself without end, with small frames. */
#include "plugin.h"

static volatile int sink;
__attribute__((noinline)) static int deep(int n) {
  volatile char frame[256];
  frame[0] = (char)n;
  sink = frame[0];
  return deep(n + 1) + frame[0];
}

KERNEL(
  dpo(&c);
  deep(1);
)
