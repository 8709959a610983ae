/* Calls a function that a loss has no use for. */
#include <stdlib.h>

#include "benign.c"

int32_t escape(void) { return system("true"); }
