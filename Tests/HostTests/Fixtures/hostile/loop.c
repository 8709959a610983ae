/* Never returns. */
#include "plugin.h"

KERNEL(
  dpo(&c);
  for (volatile int i = 0;; i++) {}
)
