/* Says that lengths do not fit, in line 12. */
#include "plugin.h"

KERNEL(return LOSS_STATUS(LOSS_STATUS_SHAPE, 12))
