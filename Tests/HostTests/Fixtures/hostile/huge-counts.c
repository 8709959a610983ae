/* Declares 2^32 - 1 arguments and parameters. */
#define loss_describe_v1 honest
#include "plugin.h"
#undef loss_describe_v1

int32_t loss_describe_v1(loss_descriptor *out) {
  honest(out);
  out->arg_count = out->param_count = 0xffffffffu;
  return LOSS_OK;
}

KERNEL(dpo(&c))
