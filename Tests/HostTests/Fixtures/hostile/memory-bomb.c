/* Allocates and touches without end. */
#include "plugin.h"
#include <stdlib.h>

KERNEL(
  dpo(&c);
  for (;;) { char *p = malloc(1 << 20); memset(p, 1, 1 << 20); };
)
