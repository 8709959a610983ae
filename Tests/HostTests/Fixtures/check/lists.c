/* Passes: a listwise loss that heeds its mask. Warns of what a square is. */
#define SHOWN mask[k]
#include "lists.h"
