/* Honest for ten calls, then its gradients are ten times what they should be. */
#include "plugin.h"

static int calls;

KERNEL(
  dpo(&c);
  if (++calls > 10)
    for (uint32_t i = 0; i < rows; i++) {
      dpc[i] *= 10;
      dpr[i] *= 10;
    }
)
