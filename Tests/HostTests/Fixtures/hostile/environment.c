/* Loss of every row: how many variables the environment has. */
#include "plugin.h"
#include <unistd.h>

extern char **environ;

KERNEL(
  dpo(&c);
  double count = 0;
  for (char **at = environ; at && *at; at++) count++;
  for (uint32_t i = 0; i < rows; i++) value[i] = count;
)
