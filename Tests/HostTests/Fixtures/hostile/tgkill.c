/* Sends itself a signal other than that of abort(). */
#include "plugin.h"
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

KERNEL(
  dpo(&c);
  syscall(SYS_tgkill, getpid(), getpid(), SIGTERM);
)
