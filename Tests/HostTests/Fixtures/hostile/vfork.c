/* Makes a process the other way. */
#include "plugin.h"
#include <unistd.h>

KERNEL(
  dpo(&c);
  if (vfork() == 0) _exit(0);
)
