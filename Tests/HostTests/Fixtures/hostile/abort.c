/* Gives up. */
#include "plugin.h"
#include <stdlib.h>

KERNEL(
  dpo(&c);
  abort();
)
