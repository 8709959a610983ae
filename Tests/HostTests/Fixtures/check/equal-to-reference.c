/* First fails: equal-to-reference. Divides by the margin. */
#define VALUE 1 / m
#define SLOPE -1 / (m * m)
#include "check.h"
