/* First fails: padding. Reads the mask and pays no heed to it. */
#define SHOWN 1 + 0 * mask[k]
#include "lists.h"
