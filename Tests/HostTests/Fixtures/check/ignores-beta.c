/* Warns: ignores-beta. */
#define VALUE softplus(-0.1 * m)
#define SLOPE -0.1 * sigmoid(-0.1 * m)
#include "check.h"
