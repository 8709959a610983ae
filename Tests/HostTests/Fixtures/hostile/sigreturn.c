/* Returns from a signal that never came: its registers are whatever its stack holds. */
#include "plugin.h"
#include <sys/syscall.h>
#include <unistd.h>

KERNEL(
  dpo(&c);
  syscall(SYS_rt_sigreturn);
)
