/* First fails: finite. The paper's test accepted it. */
#define VALUE INFINITY
#define SLOPE 0
#include "check.h"
