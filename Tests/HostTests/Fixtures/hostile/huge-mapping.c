/* Maps more than there is. */
#include "plugin.h"
#include <sys/mman.h>

KERNEL(
  dpo(&c);
  int flags = MAP_PRIVATE | MAP_ANONYMOUS;
  *(volatile char *)mmap(0, (size_t)1 << 40, PROT_READ | PROT_WRITE, flags, -1, 0) = 1;
)
