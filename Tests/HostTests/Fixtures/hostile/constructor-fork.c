/* Makes a process while it loads. */
#include "plugin.h"
#include <unistd.h>

__attribute__((constructor)) static void early(void) {
  fork();
}

KERNEL(dpo(&c))
