/* Writes every output but the last row. */
#include "plugin.h"

KERNEL(
  call less = c;
  less.rows--;
  dpo(&less);
)
