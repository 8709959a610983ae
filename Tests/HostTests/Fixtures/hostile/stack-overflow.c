/* Recurses without end. */
#include "plugin.h"

static int deep(volatile int *above) {
  volatile int room[1024];
  room[0] = *above + 1;
  return deep(room) + room[0];
}

KERNEL(
  dpo(&c);
  volatile int zero = 0;
  deep(&zero);
)
