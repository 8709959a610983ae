/* Writes no output. */
#include "plugin.h"

KERNEL()
