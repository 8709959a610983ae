/* Describes itself differently in every process. */
#define loss_describe_v1 honest
#include "plugin.h"
#undef loss_describe_v1

int32_t loss_describe_v1(loss_descriptor *out) {
  honest(out);
  /* Where the stack lies is drawn anew for each process; its number is not. */
  out->params[0].initial = 0.1 + 1e-6 * (double)(((uintptr_t)&out >> 4) & 0xffff);
  return LOSS_OK;
}

KERNEL(dpo(&c))
