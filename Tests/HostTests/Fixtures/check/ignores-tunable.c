/* Warns: ignores-tunable. Declares tau and never uses it. */
#define PARAMS 2
#include "check.h"
