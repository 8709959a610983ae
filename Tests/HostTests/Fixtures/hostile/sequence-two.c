/* Answers the request after the next. */
#include "plugin.h"

KERNEL(
  dpo(&c);
  volatile uint32_t *word = (volatile uint32_t *)((char *)value - 4096);
  *word += 2;
  for (volatile int i = 0;; i++) {}
)
