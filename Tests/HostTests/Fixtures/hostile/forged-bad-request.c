/* Pretends that the cell could not make the call. */
#include "plugin.h"

KERNEL(
  dpo(&c);
  volatile uint32_t *reply = (volatile uint32_t *)((char *)value - 4096);
  reply[2] = 5;
  __atomic_store_n(reply, *reply + 1, __ATOMIC_SEQ_CST);
  for (;;) {}
)
