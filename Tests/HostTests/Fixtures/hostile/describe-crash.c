/* Crashes while it describes itself. */

#define CUSTOM_DESCRIBE
#include "plugin.h"

int32_t loss_describe_v1(loss_descriptor *out) {
  *(volatile int *)0 = 1;
  return (int32_t)out->magic;
}

KERNEL(dpo(&c))
