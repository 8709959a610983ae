/* Keeps the processor busy for batches of eight rows only. */
#include "plugin.h"

KERNEL(
  dpo(&c);
  volatile double sum = 0;
  if (rows == 8)
    for (long i = 0; i < 60000000; i++) sum += 1;
)
