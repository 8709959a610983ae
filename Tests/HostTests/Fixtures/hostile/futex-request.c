/* Sleeps on the one word on which a cell may: nobody will wake it. */
#include "plugin.h"
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

KERNEL(
  dpo(&c);
  const uint32_t *sequence = (const uint32_t *)(((uintptr_t)pc & ~(uintptr_t)4095) - 4096 + 8);
  for (;;) syscall(SYS_futex, sequence, FUTEX_WAIT, *sequence, 0, 0, 0);
)
