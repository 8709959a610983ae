/* First fails: row-independent. Claims it and adds the batch's sum to every row. */
#define SLOPE -beta * sigmoid(-beta * m)
#define AFTER \
  double sum = 0; \
  for (uint32_t i = 0; i < rows; i++) sum += pc[i]; \
  for (uint32_t i = 0; i < rows; i++) value[i] += 1e-3 * sum, dpc[i] += 1e-3 * rows
#include "check.h"
