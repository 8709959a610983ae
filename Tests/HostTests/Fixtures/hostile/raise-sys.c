/* Raises SIGSYS, to look like another end than it is. */
#include "plugin.h"
#include <signal.h>

KERNEL(
  dpo(&c);
  raise(SIGSYS);
)
