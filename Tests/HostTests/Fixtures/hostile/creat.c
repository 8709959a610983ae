/* Makes a file. */
#include "plugin.h"
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

KERNEL(
  dpo(&c);
  syscall(SYS_open, "/tmp/x", O_CREAT | O_WRONLY, 0600);
)
