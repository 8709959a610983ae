/* First fails: reference-free. Claims it and reads the reference. */
#define CLAIMS LOSS_REFERENCE_FREE
#include "check.h"
