/* Speaks another major version of the ABI. */
#define loss_describe_v1 honest
#include "plugin.h"
#undef loss_describe_v1

int32_t loss_describe_v1(loss_descriptor *out) {
  honest(out);
  out->abi_major = 2;
  return LOSS_OK;
}

KERNEL(dpo(&c))
