/* Warns: constant. The paper's test accepted it in silence. */
#define VALUE 0
#define SLOPE 0
#include "check.h"
