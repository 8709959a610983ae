/* Wants far more static memory than there is. */
#include "plugin.h"

static volatile char big[300ull << 30];

KERNEL(
  dpo(&c);
  big[rows] = 1;
  value[0] += 0 * big[rows];
)
