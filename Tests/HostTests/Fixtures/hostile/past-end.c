/* Writes one element too many. */
#include "plugin.h"

KERNEL(
  dpo(&c);
  value[rows] = 1;
)
