/* Writes far past its outputs. */
#include "plugin.h"

KERNEL(
  dpo(&c);
  ((volatile double *)value)[1 << 22] = 1;
)
