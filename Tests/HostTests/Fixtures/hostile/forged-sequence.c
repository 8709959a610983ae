/* Answers a request that was never made. */
#include "plugin.h"

KERNEL(
  dpo(&c);
  *(volatile uint32_t *)((char *)value - 4096) = 12345;
  for (;;) {}
)
