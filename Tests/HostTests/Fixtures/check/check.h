/* check.h: a loss of the margin m and beta, with places to go wrong.
 *
 * A fixture defines VALUE and SLOPE, expressions of m, beta, i and rows, before it
 * includes this; BEFORE runs ahead of the rows and may return, AFTER behind them. CLAIMS
 * and INPUTS change the descriptor. What is not defined is DPO's. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "loss_abi.h"

static inline double softplus(double x) { return fmax(x, 0) + log1p(exp(-fabs(x))); }
static inline double sigmoid(double x) { return x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x)); }

#ifndef VALUE
#define VALUE softplus(-beta * m)
#endif
#ifndef SLOPE
#define SLOPE -beta * sigmoid(-beta * m)
#endif
#ifndef BEFORE
#define BEFORE
#endif
#ifndef AFTER
#define AFTER
#endif
#ifndef CLAIMS
#define CLAIMS (LOSS_ROW_INDEPENDENT | LOSS_SHIFT_INVARIANT)
#endif
#ifndef MINIMUM
#define MINIMUM 1e-4
#endif
#ifndef PARAMS
#define PARAMS 1
#endif

int32_t loss_describe_v1(loss_descriptor *out) {
  const loss_arg args[] = {
    {LOSS_ROWS, 0},
    {LOSS_INPUT, LOSS_POLICY_CHOSEN}, {LOSS_INPUT, LOSS_POLICY_REJECTED},
    {LOSS_INPUT, LOSS_REFERENCE_CHOSEN}, {LOSS_INPUT, LOSS_REFERENCE_REJECTED},
    {LOSS_PARAM, 0},
    {LOSS_VALUE, 0}, {LOSS_GRADIENT, LOSS_POLICY_CHOSEN}, {LOSS_GRADIENT, LOSS_POLICY_REJECTED},
  };
  out->magic = LOSS_ABI_MAGIC;
  out->abi_major = LOSS_ABI_MAJOR;
  out->struct_size = sizeof *out;
  out->family = LOSS_PAIRWISE;
  out->capabilities = CLAIMS;
  out->arg_count = sizeof args / sizeof *args;
  out->param_count = PARAMS;
  strcpy(out->name, "fixture");
  memcpy(out->args, args, sizeof args);
  for (int i = 0; i < PARAMS; i++) {
    strcpy(out->params[i].name, i == 0 ? "beta" : "tau");
    out->params[i].minimum = MINIMUM;
    out->params[i].maximum = 100;
    out->params[i].initial = 0.1;
  }
  return LOSS_OK;
}

int32_t loss_kernel_v1(
    uint32_t rows, const double *pc, const double *pr, const double *rc, const double *rr,
    double beta, double *value, double *dpc, double *dpr) {
  BEFORE;
  for (uint32_t i = 0; i < rows; i++) {
    const double m = (pc[i] - pr[i]) - (rc[i] - rr[i]);
    const double slope = SLOPE;
    value[i] = VALUE;
    dpc[i] = slope;
    dpr[i] = -slope;
    (void)m;
  }
  AFTER;
  return LOSS_OK;
}
