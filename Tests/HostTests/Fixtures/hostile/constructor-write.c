/* Opens a file for writing while it loads. */
#include "plugin.h"
#include <fcntl.h>

__attribute__((constructor)) static void early(void) {
  open("/dev/null", O_WRONLY);
}

KERNEL(dpo(&c))
