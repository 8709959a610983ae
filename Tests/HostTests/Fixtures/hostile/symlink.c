/* Makes a link. */
#include "plugin.h"
#include <unistd.h>

KERNEL(
  dpo(&c);
  symlink("/etc/passwd", "/tmp/x");
)
