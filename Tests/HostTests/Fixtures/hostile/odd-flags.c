/* Sets flags of a tunable that no version knows. */
#define DESCRIPTOR_EXTRA out->params[0].flags = 0xfffffff0
#include "plugin.h"

KERNEL(dpo(&c))
