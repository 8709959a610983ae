/* Writes through a null pointer. */
#include "plugin.h"

KERNEL(
  dpo(&c);
  *(volatile int *)0 = 1;
)
