/* Makes data executable. */
#include "plugin.h"
#include <sys/mman.h>

static char page[8192];

KERNEL(
  dpo(&c);
  mprotect((void *)(((uintptr_t)page + 4095) & ~(uintptr_t)4095), 4096, PROT_READ | PROT_EXEC);
)
