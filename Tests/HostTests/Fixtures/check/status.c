/* First fails: status. Refuses every batch. */
#define BEFORE return 77
#include "check.h"
