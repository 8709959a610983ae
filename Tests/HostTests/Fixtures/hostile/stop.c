/* Stops itself. */
#include "plugin.h"
#include <signal.h>

KERNEL(
  dpo(&c);
  raise(SIGSTOP);
)
