/* First fails: shape. Says that lengths do not fit, at line 12. */
#define BEFORE return LOSS_STATUS(LOSS_STATUS_SHAPE, 12)
#include "check.h"
