/* Reads its parent's environment while it loads, and tells by its loss whether it could. */
#include "plugin.h"
#include <fcntl.h>
#include <unistd.h>

static double got;
__attribute__((constructor)) static void early(void) {
  int file = open("/proc/1/environ", O_RDONLY);
  if (file >= 0) got = 1;
  if (file >= 0) close(file);
}

KERNEL(
  dpo(&c);
  value[0] = got;
)
