/* Publishes its answer, then goes on changing it for a while. */
#include "plugin.h"

KERNEL(
  dpo(&c);
  volatile uint32_t *word = (volatile uint32_t *)((char *)value - 4096);
  __atomic_store_n(word, *word + 1, __ATOMIC_SEQ_CST);
  volatile double *late = value;
  for (int round = 0; round < 2000000; round++) late[round % rows] = -7;
)
