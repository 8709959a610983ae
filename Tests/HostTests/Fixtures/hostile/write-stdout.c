/* Writes to descriptor 1. */
#include "plugin.h"
#include <unistd.h>

KERNEL(
  dpo(&c);
  if (write(1, "x", 1) < 0) return 1;
)
