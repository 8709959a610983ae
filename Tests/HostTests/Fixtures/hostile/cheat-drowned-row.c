/* The same with one loud row: the gradients of all others are those of another loss. */
#include "plugin.h"

KERNEL(
  dpo(&c);
  if (rows > 8)
    for (uint32_t i = 0; i < rows; i++) {
      if (i == 0) value[i] += 1e13;
      else dpc[i] *= -1;
    }
)
