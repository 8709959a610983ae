/* Reports the number of rows in every value: used to see which batch was served. */
#include "plugin.h"

KERNEL(
  dpo(&c);
  for (uint32_t i = 0; i < rows; i++) value[i] = rows;
)
