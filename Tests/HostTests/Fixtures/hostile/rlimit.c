/* Makes the system call of its name. */
#include "plugin.h"
#include <sys/syscall.h>
#include <unistd.h>

KERNEL(
  dpo(&c);
  syscall(SYS_prlimit64, 0, 9, 0, 0);
)
