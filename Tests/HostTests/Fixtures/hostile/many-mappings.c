/* Maps memory page by page until there is no more. */
#include "plugin.h"
#include <sys/mman.h>

KERNEL(
  dpo(&c);
  for (;;) {
    char *page = mmap(0, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    page[0] = 1;
  }
)
