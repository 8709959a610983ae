/* Answers before it is done, and never is: gains nothing but the loss of its next call. */
#include "plugin.h"

KERNEL(
  dpo(&c);
  volatile uint32_t *word = (volatile uint32_t *)((char *)value - 4096);
  *word = *word + 1;
  for (volatile int i = 0;; i++) {}
)
