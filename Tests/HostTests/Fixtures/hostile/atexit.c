/* Registers what runs at exit: it never does. */
#include "plugin.h"
#include <fcntl.h>
#include <stdlib.h>

static void late(void) { open("/etc/passwd", O_RDONLY); }
__attribute__((constructor)) static void early(void) { atexit(late); }

KERNEL(
  dpo(&c);
)
