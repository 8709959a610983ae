/* Writes to another process's memory. */
#include "plugin.h"
#include <sys/syscall.h>
#include <unistd.h>

KERNEL(
  dpo(&c);
  syscall(SYS_process_vm_writev, 1, 0, 0, 0, 0, 0);
)
