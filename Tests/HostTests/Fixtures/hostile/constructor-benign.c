/* Does some harmless work while it loads. */
#include "plugin.h"

static double table[256];
__attribute__((constructor)) static void early(void) {
  for (int i = 0; i < 256; i++) table[i] = sqrt(i);
}

KERNEL(
  dpo(&c);
  value[0] += table[0];
)
