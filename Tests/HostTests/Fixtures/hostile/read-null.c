/* Reads from the standard input that it has. */
#include "plugin.h"
#include <unistd.h>

KERNEL(
  dpo(&c);
  char byte;
  read(0, &byte, 1);
)
