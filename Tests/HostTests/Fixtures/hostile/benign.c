/* The control: an honest loss. */
#include "plugin.h"

KERNEL(dpo(&c))
