/* Ends while it loads. */
#include "plugin.h"
#include <unistd.h>

__attribute__((constructor)) static void early(void) {
  _exit(0);
}

KERNEL(dpo(&c))
