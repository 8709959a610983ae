/* Makes an assertion that does not hold: the C library says so on standard error, then aborts. */
#include "plugin.h"
#include <assert.h>

KERNEL(
  dpo(&c);
  assert(c.value[0] < 0);
)
