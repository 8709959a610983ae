/* Passes everything without a warning. */
#include "check.h"
