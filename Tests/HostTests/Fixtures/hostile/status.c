/* Refuses the batch with a status of its own. */
#include "plugin.h"

KERNEL(return 77)
