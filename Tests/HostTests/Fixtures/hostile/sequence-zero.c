/* Sets the reply's number back to zero. */
#include "plugin.h"

KERNEL(
  dpo(&c);
  volatile uint32_t *word = (volatile uint32_t *)((char *)value - 4096);
  *word = 0;
  for (volatile int i = 0;; i++) {}
)
