/* First fails: batch-sizes. Divides by the number of rows less one. */
#define VALUE softplus(-beta * m) / (rows - 1.0)
#define SLOPE -beta * sigmoid(-beta * m) / (rows - 1.0)
#define CLAIMS 0
#include "check.h"
