/* Opens a file when it is unloaded: it never is. */
#include "plugin.h"
#include <fcntl.h>

__attribute__((destructor)) static void late(void) { open("/etc/passwd", O_RDONLY); }

KERNEL(
  dpo(&c);
)
