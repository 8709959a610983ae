/* Opens a file for reading. */
#include "plugin.h"
#include <fcntl.h>

KERNEL(
  dpo(&c);
  open("/etc/passwd", O_RDONLY);
)
