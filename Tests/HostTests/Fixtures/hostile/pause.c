/* Waits for a signal. */
#include "plugin.h"
#include <unistd.h>

KERNEL(
  dpo(&c);
  pause();
)
