/* Makes a process. */
#include "plugin.h"
#include <unistd.h>

KERNEL(
  dpo(&c);
  fork();
)
