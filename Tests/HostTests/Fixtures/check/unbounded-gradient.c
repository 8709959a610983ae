/* Warns: unbounded-gradient. The square of softplus. */
#define VALUE softplus(-beta * m) * softplus(-beta * m)
#define SLOPE -2 * beta * softplus(-beta * m) * sigmoid(-beta * m)
#include "check.h"
