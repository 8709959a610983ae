/* Says once more that it has loaded, then opens a file. */
#include "plugin.h"
#include <fcntl.h>
#include <unistd.h>

KERNEL(
  dpo(&c);
  syscall(4000);
  open("/etc/passwd", O_RDONLY);
)
