/* Opens the memory map of the first process. */
#include "plugin.h"
#include <fcntl.h>

KERNEL(
  dpo(&c);
  open("/proc/1/maps", O_RDONLY);
)
