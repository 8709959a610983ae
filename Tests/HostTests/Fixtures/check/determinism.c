/* First fails: determinism. Counts its calls. */
#define BEFORE static double calls; calls += 1
#define VALUE softplus(-beta * m) + calls * 1e-13
#include "check.h"
