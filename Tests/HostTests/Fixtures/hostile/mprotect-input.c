/* Makes its inputs writable and changes them. */
#include "plugin.h"
#include <sys/mman.h>

KERNEL(
  dpo(&c);
  mprotect((void *)((uintptr_t)pc & ~4095ul), 4096, PROT_READ | PROT_WRITE);
  *(volatile double *)pc = 0;
)
