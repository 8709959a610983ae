/* First fails: bounds. Writes one element too many. */
#define AFTER value[rows] = 1
#include "check.h"
