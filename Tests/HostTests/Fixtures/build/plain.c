/* A pairwise loss in C: softplus(-beta * (chosen - rejected)). */
#include <math.h>
#include <string.h>

#include "loss_abi.h"

int32_t loss_describe_v1(loss_descriptor *out) {
  const loss_arg args[] = {
      {LOSS_ROWS, 0},  {LOSS_INPUT, LOSS_POLICY_CHOSEN},    {LOSS_INPUT, LOSS_POLICY_REJECTED},
      {LOSS_PARAM, 0}, {LOSS_VALUE, 0},                     {LOSS_GRADIENT, LOSS_POLICY_CHOSEN},
      {LOSS_GRADIENT, LOSS_POLICY_REJECTED},
  };
  out->magic = LOSS_ABI_MAGIC;
  out->abi_major = LOSS_ABI_MAJOR;
  out->abi_minor = LOSS_ABI_MINOR;
  out->struct_size = sizeof *out;
  out->family = LOSS_PAIRWISE;
  out->arg_count = sizeof args / sizeof *args;
  memcpy(out->args, args, sizeof args);
  out->param_count = 1;
  strcpy(out->name, "plain-c");
  strcpy(out->params[0].name, "beta");
  out->params[0].minimum = 0.001;
  out->params[0].maximum = 10;
  out->params[0].initial = 0.1;
  return LOSS_OK;
}

int32_t loss_kernel_v1(
    uint32_t rows, const double *chosen, const double *rejected, double beta, double *value,
    double *to_chosen, double *to_rejected) {
  for (uint32_t i = 0; i < rows; i++) {
    const double x = beta * (chosen[i] - rejected[i]);
    value[i] = x > 0 ? log1p(exp(-x)) : log1p(exp(x)) - x;
    to_chosen[i] = -beta / (1 + exp(x));
    to_rejected[i] = -to_chosen[i];
  }
  return LOSS_OK;
}
