/* Warns: jump. Halves the weight of misranked pairs, as PADLL does. */
#define VALUE (m < 0 ? 0.45 : 0.9) * softplus(-beta * m)
#define SLOPE (m < 0 ? 0.45 : 0.9) * -beta * sigmoid(-beta * m)
#include "check.h"
