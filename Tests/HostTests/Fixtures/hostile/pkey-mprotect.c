/* Makes a page executable by the newer call. */
#include "plugin.h"
#include <sys/syscall.h>
#include <unistd.h>

KERNEL(
  dpo(&c);
  syscall(SYS_pkey_mprotect, value, 4096, 7, -1);
)
