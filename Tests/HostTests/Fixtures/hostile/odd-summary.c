/* Turns the direction of writing in its summary, so that it reads as something else. */
#define DESCRIPTOR_EXTRA strcpy(out->summary, "\xe2\x80\xae" "live")
#include "plugin.h"

KERNEL(dpo(&c))
