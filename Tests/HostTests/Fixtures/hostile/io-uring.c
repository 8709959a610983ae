/* Sets up a ring through which calls go unseen. */
#include "plugin.h"
#include <sys/syscall.h>
#include <unistd.h>

KERNEL(
  dpo(&c);
  syscall(SYS_io_uring_setup, 1, 0);
)
