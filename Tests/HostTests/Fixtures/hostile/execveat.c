/* Replaces itself through a descriptor. */
#include "plugin.h"
#include <sys/syscall.h>
#include <unistd.h>

KERNEL(
  dpo(&c);
  syscall(SYS_execveat, 0, "", 0, 0, 0x1000);
)
