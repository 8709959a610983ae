/* Locks memory. */
#include "plugin.h"
#include <sys/mman.h>

KERNEL(
  dpo(&c);
  mlock(value, 4096);
)
