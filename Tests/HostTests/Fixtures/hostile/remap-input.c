/* Asks for write access to an input; the refusal is all that happens. */
#include "plugin.h"
#include <errno.h>
#include <sys/mman.h>

KERNEL(
  dpo(&c);
  void *page = (void *)((uintptr_t)pc & ~(uintptr_t)4095);
  if (mprotect(page, 4096, PROT_READ | PROT_WRITE) == 0) *(volatile double *)pc = 1;
  value[0] = errno;
)
