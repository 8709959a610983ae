/* Crashes while it loads. */
#include "plugin.h"

/* Volatile: a compiler may drop a constructor that does nothing but what no program may do. */
static int *volatile nowhere;

__attribute__((constructor)) static void early(void) {
  *nowhere = 1;
}

KERNEL(dpo(&c))
