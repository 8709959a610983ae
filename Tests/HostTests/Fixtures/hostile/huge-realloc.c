/* Grows an array beyond what there is. */
#include "plugin.h"
#include <stdlib.h>

KERNEL(
  dpo(&c);
  void *volatile p = realloc(malloc(8), (size_t)1 << 40);
  free(p);
)
