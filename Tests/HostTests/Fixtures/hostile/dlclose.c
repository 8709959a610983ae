/* Unloads itself: drops a count only, for the cell holds its own handle. */
#include "plugin.h"
#include <dlfcn.h>

KERNEL(
  void *self = dlopen("/proc/self/fd/3", 6);
  if (self) dlclose(self);
  dpo(&c);
)
