/* Ends as if all were well. */
#include "plugin.h"
#include <unistd.h>

KERNEL(
  dpo(&c);
  _exit(0);
)
