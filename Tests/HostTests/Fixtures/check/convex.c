/* First fails: convex. Claims it and saturates. */
#define VALUE sigmoid(-beta * m)
#define SLOPE -beta * sigmoid(-beta * m) * sigmoid(beta * m)
#define CLAIMS LOSS_CONVEX
#include "check.h"
