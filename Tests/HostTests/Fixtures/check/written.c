/* First fails: written. Leaves row 3 out. */
#define BEFORE const double keep = rows > 3 ? value[3] : 0
#define AFTER if (rows > 3) value[3] = keep
#include "check.h"
