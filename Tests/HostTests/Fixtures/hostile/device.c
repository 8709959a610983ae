/* Opens a device. */
#include "plugin.h"
#include <fcntl.h>

KERNEL(
  dpo(&c);
  open("/dev/urandom", O_RDONLY);
)
