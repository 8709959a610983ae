/* Loads another library in a call. */
#include "plugin.h"
#include <dlfcn.h>

KERNEL(
  dpo(&c);
  dlopen("libutil.so.1", 2);
)
