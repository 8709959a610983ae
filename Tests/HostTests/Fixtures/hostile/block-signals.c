/* Blocks every signal, then loops: only SIGKILL ends it. */
#include "plugin.h"
#include <signal.h>

KERNEL(
  dpo(&c);
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, 0);
  for (volatile int i = 0;; i++) {}
)
