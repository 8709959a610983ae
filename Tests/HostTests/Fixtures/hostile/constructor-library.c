/* Loads another library while it loads, out of a folder that anybody may write. */
#include "plugin.h"
#include <dlfcn.h>

static double got;
__attribute__((constructor)) static void early(void) { got = dlopen("/tmp/lossmith-no-such.so", 2) != 0; }

KERNEL(
  dpo(&c);
  value[0] = got;
)
