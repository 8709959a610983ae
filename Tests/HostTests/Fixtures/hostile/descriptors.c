/* Asks after descriptors in a call. */
#include "plugin.h"
#include <fcntl.h>

KERNEL(
  dpo(&c);
  fcntl(3, F_GETFD);
)
