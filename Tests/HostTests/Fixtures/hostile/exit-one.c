/* Ends with a failure of its own. */
#include "plugin.h"
#include <unistd.h>

KERNEL(
  dpo(&c);
  _exit(1);
)
