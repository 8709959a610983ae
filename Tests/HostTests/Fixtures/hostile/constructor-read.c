/* Reads a file of the system while it loads, and tells by its loss whether it could. */
#include "plugin.h"
#include <fcntl.h>
#include <unistd.h>

static double got;
__attribute__((constructor)) static void early(void) {
  int file = open("/etc/passwd", O_RDONLY);
  char byte;
  if (file >= 0 && read(file, &byte, 1) == 1) got = 1;
  if (file >= 0) close(file);
}

KERNEL(
  dpo(&c);
  value[0] = got;
)
