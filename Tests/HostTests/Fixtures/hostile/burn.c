/* Keeps the processor busy for a while in every call, below what one call may take. */
#include "plugin.h"

KERNEL(
  dpo(&c);
  volatile double sum = 0;
  for (long i = 0; i < 40000000; i++) sum += 1;
)
