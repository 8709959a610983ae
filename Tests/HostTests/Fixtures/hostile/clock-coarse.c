/* Asks for the coarse clock, which the kernel keeps in memory. */
#include "plugin.h"
#include <time.h>

KERNEL(
  dpo(&c);
  struct timespec time;
  clock_gettime(CLOCK_REALTIME_COARSE, &time);
  value[0] = (double)time.tv_sec;
)
