/* Ends by exit(), which runs handlers first. */
#include "plugin.h"
#include <stdlib.h>

KERNEL(
  dpo(&c);
  exit(0);
)
