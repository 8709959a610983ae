/* Ignores SIGTERM. */
#include "plugin.h"
#include <signal.h>

KERNEL(
  dpo(&c);
  signal(SIGTERM, SIG_IGN);
)
