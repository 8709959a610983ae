/* First fails: magnitudes. An exponential of the bare margin overflows. */
#define VALUE exp(-m)
#define SLOPE -exp(-m)
#include "check.h"
