/* Opens a file by the newer call. */
#include "plugin.h"
#include <sys/syscall.h>
#include <unistd.h>

KERNEL(
  dpo(&c);
  uint64_t how[3] = {0};
  syscall(SYS_openat2, -100, "/etc/passwd", how, sizeof how);
)
