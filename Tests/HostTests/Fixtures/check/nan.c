/* First fails: nan. */
#define VALUE sqrt(m)
#define SLOPE 0.5 / sqrt(m)
#include "check.h"
