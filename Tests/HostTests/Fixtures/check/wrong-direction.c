/* Warns: wrong-direction. The paper's test accepted it in silence. */
#define VALUE softplus(beta * m)
#define SLOPE beta * sigmoid(beta * m)
#include "check.h"
