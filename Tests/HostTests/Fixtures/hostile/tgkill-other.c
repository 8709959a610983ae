/* Sends the signal of abort() to another process. */
#include "plugin.h"
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

KERNEL(
  dpo(&c);
  syscall(SYS_tgkill, 1, 1, SIGABRT);
)
