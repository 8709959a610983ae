/* Asks once for more than there is, and bears the refusal. */
#include "plugin.h"
#include <stdlib.h>

KERNEL(
  dpo(&c);
  void *volatile p = malloc((size_t)1 << 40);
  free(p);
)
