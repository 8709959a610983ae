/* Warns: non-monotone. A wave on DPO. */
#define VALUE softplus(-beta * m) + 0.5 * sin(beta * m)
#define SLOPE -beta * sigmoid(-beta * m) + 0.5 * beta * cos(beta * m)
#include "check.h"
