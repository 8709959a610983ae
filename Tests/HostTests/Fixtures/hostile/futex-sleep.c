/* Waits for ever without computing. */
#include "plugin.h"
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

static int word;

KERNEL(
  dpo(&c);
  for (;;) syscall(SYS_futex, &word, FUTEX_WAIT, 0, 0, 0, 0);
)
