/* Reads the clock without a system call. */
#include "plugin.h"
#include <time.h>

KERNEL(
  dpo(&c);
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
)
