/* Prints what it computed. */
#include "plugin.h"
#include <stdio.h>

KERNEL(
  dpo(&c);
  printf("%g\n", c.value[0]);
)
