/* Asks which machine this is. */
#include "plugin.h"
#include <sys/utsname.h>

KERNEL(
  dpo(&c);
  struct utsname machine;
  uname(&machine);
)
