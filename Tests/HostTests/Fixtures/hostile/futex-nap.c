/* Sleeps for a second on a word of its own, and computes as if nothing had been. */
#include "plugin.h"
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int word;

KERNEL(
  dpo(&c);
  struct timespec second = {1, 0};
  syscall(SYS_futex, &word, FUTEX_WAIT, 0, &second, 0, 0);
)
