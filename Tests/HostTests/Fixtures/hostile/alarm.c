/* Sets an alarm. */
#include "plugin.h"
#include <unistd.h>

KERNEL(
  dpo(&c);
  alarm(1);
)
