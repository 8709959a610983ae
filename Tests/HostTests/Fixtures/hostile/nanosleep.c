/* Sleeps by the older call. */
#include "plugin.h"
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

KERNEL(
  dpo(&c);
  struct timespec time = {1, 0};
  syscall(SYS_nanosleep, &time, 0);
)
