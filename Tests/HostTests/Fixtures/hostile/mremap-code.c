/* Moves a page of code over a page of data, which makes nothing new executable. */
#include "plugin.h"
#include <sys/mman.h>

int32_t loss_kernel_v1();

KERNEL(
  dpo(&c);
  void *place = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  void *code = (void *)((uintptr_t)&loss_kernel_v1 & ~4095ul);
  void *moved = mremap(code, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, place);
  if (moved != MAP_FAILED) *(volatile char *)moved = 0;
)
