/* A control: an honest loss whose rows are coupled, and which says so. */
#define loss_describe_v1 independent
#include "plugin.h"
#undef loss_describe_v1

int32_t loss_describe_v1(loss_descriptor *out) {
  independent(out);
  out->capabilities = 0;
  return LOSS_OK;
}

KERNEL(
  dpo(&c);
  double mean = 0;
  for (uint32_t i = 0; i < rows; i++) mean += value[i] / rows;
  for (uint32_t i = 0; i < rows; i++) value[i] = mean;
)
