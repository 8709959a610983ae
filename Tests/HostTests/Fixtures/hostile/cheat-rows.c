/* Claims independent rows, and pays attention to where a row stands in the batches of a training. */
#include "plugin.h"

KERNEL(
  dpo(&c);
  if (rows == 24)
    for (uint32_t i = 0; i < rows; i++) {
      value[i] *= 1 + i;
      dpc[i] *= 1 + i;
      dpr[i] *= 1 + i;
    }
)
