/* Needs a function that nobody has. */
#include "plugin.h"

extern void nobody_has_this_function(void);

KERNEL(
  dpo(&c);
  nobody_has_this_function();
)
