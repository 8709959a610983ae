/* First fails: call. Writes through a null pointer. */
#define BEFORE *(volatile int *)0 = 1
#include "check.h"
