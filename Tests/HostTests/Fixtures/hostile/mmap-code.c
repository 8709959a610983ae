/* Maps memory to write code to. */
#include "plugin.h"
#include <sys/mman.h>

KERNEL(
  dpo(&c);
  mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
)
