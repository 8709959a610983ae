/* Returns once and never again. */
#include "plugin.h"

static int calls;

KERNEL(
  dpo(&c);
  if (calls++ > 0) for (volatile int i = 0;; i++) {}
)
