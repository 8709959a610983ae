/* Unmaps what it should write to. */
#include "plugin.h"
#include <sys/mman.h>

KERNEL(
  munmap((void *)((uintptr_t)value & ~(uintptr_t)4095), 4096);
  dpo(&c);
)
