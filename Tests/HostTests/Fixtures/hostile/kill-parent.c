/* Kills its parent. */
#include "plugin.h"
#include <signal.h>
#include <unistd.h>

KERNEL(
  dpo(&c);
  kill(getppid(), SIGKILL);
)
