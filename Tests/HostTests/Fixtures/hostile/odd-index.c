/* Gives an index to a parameter that has none. */
#define DESCRIPTOR_EXTRA out->args[0].index = 77
#include "plugin.h"

KERNEL(dpo(&c))
