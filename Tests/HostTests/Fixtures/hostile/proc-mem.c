/* Opens its own memory as a file. */
#include "plugin.h"
#include <fcntl.h>

KERNEL(
  dpo(&c);
  open("/proc/self/mem", O_RDWR);
)
