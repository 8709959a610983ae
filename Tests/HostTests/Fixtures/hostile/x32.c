/* Makes a system call by the numbers of the x32 interface. */
#include "plugin.h"
#include <sys/syscall.h>
#include <unistd.h>

KERNEL(
  dpo(&c);
  syscall(0x40000000 + SYS_getpid);
)
