/* Gives the processor away for ever. */
#include "plugin.h"
#include <sched.h>

KERNEL(
  dpo(&c);
  for (;;) sched_yield();
)
