/* First fails: gradient. The slope is one part in a thousand off. */
#define SLOPE -beta * sigmoid(-beta * m) * 1.001
#include "check.h"
