/* First fails: load. The initial value lies below the minimum. */
#define MINIMUM 1
#include "check.h"
