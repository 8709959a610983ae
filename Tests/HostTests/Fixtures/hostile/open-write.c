/* Opens a file for writing. */
#include "plugin.h"
#include <fcntl.h>

KERNEL(
  dpo(&c);
  open("/tmp/x", O_WRONLY);
)
