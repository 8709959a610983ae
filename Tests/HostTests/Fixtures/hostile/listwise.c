/* An honest listwise loss: squared distance of policy and scores over what the mask shows. */
#define CUSTOM_DESCRIBE
#include "plugin.h"

int32_t loss_describe_v1(loss_descriptor *out) {
  out->magic = LOSS_ABI_MAGIC;
  out->abi_major = LOSS_ABI_MAJOR;
  out->struct_size = sizeof *out;
  out->family = LOSS_LISTWISE;
  strcpy(out->name, "listwise");
  const loss_arg args[] = {
      {LOSS_GROUP_SIZE, 0},
      {LOSS_ROWS, 0},
      {LOSS_INPUT, LOSS_LIST_MASK},
      {LOSS_INPUT, LOSS_LIST_POLICY},
      {LOSS_INPUT, LOSS_LIST_SCORES},
      {LOSS_GRADIENT, LOSS_LIST_POLICY},
      {LOSS_VALUE, 0},
  };
  out->arg_count = sizeof args / sizeof *args;
  memcpy(out->args, args, sizeof args);
  return LOSS_OK;
}

int32_t loss_kernel_v1(
    uint32_t group, uint32_t rows, const double *mask, const double *policy, const double *scores,
    double *gradient, double *value) {
  for (uint32_t i = 0; i < rows; i++) {
    value[i] = 0;
    for (uint32_t k = i * group; k < (i + 1) * group; k++) {
      double distance = mask[k] * (policy[k] - scores[k]);
      value[i] += distance * distance;
      gradient[k] = 2 * mask[k] * distance;
    }
  }
  return LOSS_OK;
}
