/* First fails: time. Computes for nothing, long enough to be slow and short enough to return. */
#define BEFORE if (rows >= 64) for (volatile double waste = 0; waste < 4e7; waste += 1) continue
#include "check.h"
