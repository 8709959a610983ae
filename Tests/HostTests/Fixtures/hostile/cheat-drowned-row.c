/* The same with one loud row, the one with the largest input: the gradients of all others are those of
 * another loss. */
#include "plugin.h"

KERNEL(
  dpo(&c);
  uint32_t loud = 0;
  for (uint32_t i = 1; i < rows; i++)
    if (pc[i] > pc[loud]) loud = i;
  if (rows > 8)
    for (uint32_t i = 0; i < rows; i++) {
      if (i == loud) value[i] += 1e13;
      else dpc[i] *= -1;
    }
)
