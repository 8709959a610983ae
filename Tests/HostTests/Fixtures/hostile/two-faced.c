/* Describes itself differently in every process. */
#include <unistd.h>
#define loss_describe_v1 honest
#include "plugin.h"
#undef loss_describe_v1

int32_t loss_describe_v1(loss_descriptor *out) {
  honest(out);
  out->params[0].initial = 0.1 + 1e-6 * (double)getpid();
  return LOSS_OK;
}

KERNEL(dpo(&c))
