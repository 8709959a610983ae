/* Says that it has no memory left: harms itself only. */
#include "plugin.h"
#include <unistd.h>

KERNEL(
  dpo(&c);
  syscall(4001);
)
