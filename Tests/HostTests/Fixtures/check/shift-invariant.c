/* First fails: shift-invariant. Claims it and adds the chosen log-probability. */
#define VALUE softplus(-beta * m) - 0.01 * pc[i]
#define AFTER for (uint32_t i = 0; i < rows; i++) dpc[i] -= 0.01
#include "check.h"
