/* Moves the stack of its signal handlers. */
#include "plugin.h"
#include <signal.h>

KERNEL(
  dpo(&c);
  stack_t stack = {0};
  sigaltstack(&stack, 0);
)
