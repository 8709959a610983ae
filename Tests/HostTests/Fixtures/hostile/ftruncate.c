/* Cuts a descriptor that the region once had. */
#include "plugin.h"
#include <unistd.h>

KERNEL(
  dpo(&c);
  ftruncate(5, 0);
)
