/* Divides an integer by zero. */
#include "plugin.h"

KERNEL(
  dpo(&c);
  volatile int seven = 7, zero = 0;
  volatile int x = seven / zero;
  (void)x;
)
