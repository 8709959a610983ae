/* Reads the kernel's own copy of the time, which lies before its code. */
#include "plugin.h"
#include <sys/auxv.h>

KERNEL(
  dpo(&c);
  const volatile char *code = (const volatile char *)getauxval(AT_SYSINFO_EHDR);
  value[0] = code[-4096];
)
