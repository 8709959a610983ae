/* Removes a file. */
#include "plugin.h"
#include <unistd.h>

KERNEL(
  dpo(&c);
  unlink("/tmp/x");
)
