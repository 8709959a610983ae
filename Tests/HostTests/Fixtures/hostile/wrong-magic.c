/* Describes itself with a wrong magic number. */
#define MAGIC 0x12345678u
#include "plugin.h"

KERNEL(dpo(&c))
