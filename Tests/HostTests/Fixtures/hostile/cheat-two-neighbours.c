/* The same with a memory of two batches, of which either may be the neighbour. */
#define MEMORY 2
#include "neighbours.h"
