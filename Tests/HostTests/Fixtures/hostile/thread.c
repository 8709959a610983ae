/* Makes a thread, by the bare system call. */
#include "plugin.h"
#include <sched.h>

static char stack[65536];
static int run(void *argument) {
  (void)argument;
  return 0;
}

KERNEL(
  dpo(&c);
  clone(run, stack + sizeof stack, CLONE_VM | CLONE_SIGHAND | CLONE_THREAD, 0);
)
