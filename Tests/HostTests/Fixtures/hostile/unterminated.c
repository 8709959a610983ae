/* Ends none of its strings. */
#define loss_describe_v1 honest
#include "plugin.h"
#undef loss_describe_v1

int32_t loss_describe_v1(loss_descriptor *out) {
  honest(out);
  memset(out->name, 65, sizeof out->name);
  memset(out->summary, 65, sizeof out->summary);
  return LOSS_OK;
}

KERNEL(dpo(&c))
