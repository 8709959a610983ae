/* Writes its outputs once. */
#include "plugin.h"

static int calls;

KERNEL(
  if (calls++ == 0) dpo(&c);
)
