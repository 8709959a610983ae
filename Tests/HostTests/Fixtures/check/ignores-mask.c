/* Warns: ignores-mask. */
#define READS_MASK 0
#define SHOWN 1
#include "lists.h"
