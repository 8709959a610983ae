/* Never ends loading. */
#include "plugin.h"

__attribute__((constructor)) static void early(void) { for (volatile int i = 0;; i++) {} }

KERNEL(
  dpo(&c);
)
