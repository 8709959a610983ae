/* DPO with a weight a row: w * softplus(-beta * margin).
 *
 * An optional column (LOSS_WEIGHT) is asked for by listing it; the host refuses the loss in
 * plain words where the data lack it. */
#include <math.h>
#include <string.h>

#include "loss_abi.h"

int32_t loss_describe_v1(loss_descriptor *out) {
  const loss_arg args[] = {
    {LOSS_ROWS, 0},
    {LOSS_INPUT, LOSS_POLICY_CHOSEN}, {LOSS_INPUT, LOSS_POLICY_REJECTED},
    {LOSS_INPUT, LOSS_REFERENCE_CHOSEN}, {LOSS_INPUT, LOSS_REFERENCE_REJECTED},
    {LOSS_INPUT, LOSS_WEIGHT}, {LOSS_PARAM, 0},
    {LOSS_VALUE, 0}, {LOSS_GRADIENT, LOSS_POLICY_CHOSEN}, {LOSS_GRADIENT, LOSS_POLICY_REJECTED},
  };
  if (out->struct_size < sizeof *out) return LOSS_STATUS_UNSUPPORTED;
  out->magic = LOSS_ABI_MAGIC;
  out->abi_major = LOSS_ABI_MAJOR;
  out->abi_minor = LOSS_ABI_MINOR;
  out->struct_size = sizeof *out;
  out->family = LOSS_PAIRWISE;
  out->capabilities = LOSS_ROW_INDEPENDENT | LOSS_SHIFT_INVARIANT | LOSS_CONVEX;
  out->arg_count = sizeof args / sizeof *args;
  out->param_count = 1;
  strcpy(out->name, "weighted-dpo");
  strcpy(out->summary, "DPO with a weight a row");
  memcpy(out->args, args, sizeof args);
  strcpy(out->params[0].name, "beta");
  out->params[0].minimum = 1e-4;
  out->params[0].maximum = 100;
  out->params[0].initial = 0.1;
  out->params[0].flags = LOSS_PARAM_LOG_SCALE;
  return LOSS_OK;
}

int32_t loss_kernel_v1(
    uint32_t rows, const double *pc, const double *pr, const double *rc, const double *rr,
    const double *weight, double beta, double *value, double *d_pc, double *d_pr) {
  for (uint32_t i = 0; i < rows; i++) {
    const double x = beta * ((pc[i] - pr[i]) - (rc[i] - rr[i]));
    const double e = exp(-fabs(x)); /* never overflows */
    const double slope = -weight[i] * beta * (x >= 0 ? e : 1) / (1 + e);
    value[i] = weight[i] * (fmax(-x, 0) + log1p(e));
    d_pc[i] = slope;
    d_pr[i] = -slope;
  }
  return LOSS_OK;
}
