/* Counts, while it loads, the descriptors that it has: its loss. Three null devices and itself. */
#include "plugin.h"
#include <sys/stat.h>

static double count;
__attribute__((constructor)) static void early(void) {
  struct stat status;
  for (int i = 0; i < 1024; i++)
    if (fstat(i, &status) == 0) count++;
}

KERNEL(
  dpo(&c);
  value[0] = count;
)
