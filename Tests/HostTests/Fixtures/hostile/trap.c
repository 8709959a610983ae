/* What a failed check of Swift comes down to. */
#include "plugin.h"

KERNEL(
  dpo(&c);
  __builtin_trap();
)
