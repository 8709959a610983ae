/* Takes a descriptor out of another process. */
#include "plugin.h"
#include <sys/syscall.h>
#include <unistd.h>

KERNEL(
  dpo(&c);
  syscall(438, 3, 0, 0);
)
