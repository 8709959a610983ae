/* Asks for random numbers. */
#include "plugin.h"
#include <sys/random.h>

KERNEL(
  dpo(&c);
  getrandom(value, 8, 0);
)
