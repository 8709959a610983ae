/* Sleeps. */
#include "plugin.h"
#include <time.h>

KERNEL(
  dpo(&c);
  struct timespec t = {1, 0};
  nanosleep(&t, 0);
)
