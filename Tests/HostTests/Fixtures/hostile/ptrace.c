/* Traces its parent. */
#include "plugin.h"
#include <sys/ptrace.h>

KERNEL(
  dpo(&c);
  ptrace(PTRACE_ATTACH, 1, 0, 0);
)
