/* Gives another size of the descriptor. */
#define loss_describe_v1 honest
#include "plugin.h"
#undef loss_describe_v1

int32_t loss_describe_v1(loss_descriptor *out) {
  honest(out);
  out->struct_size = 896;
  return LOSS_OK;
}

KERNEL(dpo(&c))
