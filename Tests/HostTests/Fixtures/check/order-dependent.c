/* Warns: order-dependent. Later rows weigh more. */
#define CLAIMS 0
#define VALUE (1 + 0.1 * i) * softplus(-beta * m)
#define SLOPE (1 + 0.1 * i) * -beta * sigmoid(-beta * m)
#include "check.h"
