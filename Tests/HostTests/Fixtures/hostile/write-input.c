/* Writes to an input. */
#include "plugin.h"

KERNEL(
  dpo(&c);
  *(volatile double *)pc = 1;
)
