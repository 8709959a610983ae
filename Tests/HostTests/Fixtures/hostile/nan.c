/* Writes NaN, which is not the same as nothing. */
#include "plugin.h"

KERNEL(
  dpo(&c);
  value[0] = NAN;
)
