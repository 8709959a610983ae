/* The same with a memory of all batches, and however many elements have moved, if each moved little. */
#define MEMORY 512
#define ANY_NUMBER
#include "neighbours.h"
