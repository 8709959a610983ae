/* Warns: kink. A hinge whose corner is where the policy is the reference. */
#define VALUE fmax(0, -beta * m)
#define SLOPE (m < 0 ? -beta : 0)
#include "check.h"
