/* plugin.h: DPO as a C plug-in, with a place to misbehave.
 *
 * A fixture defines ACT, which runs in the kernel after the outputs are written,
 * or BEFORE, which runs instead of writing them when it returns. */
#ifndef FIXTURE_PLUGIN_H
#define FIXTURE_PLUGIN_H
#define _GNU_SOURCE
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "loss_abi.h"

typedef struct call {
  uint32_t rows;
  const double *policy_chosen, *policy_rejected, *reference_chosen, *reference_rejected;
  double beta;
  double *value, *d_policy_chosen, *d_policy_rejected;
} call;

#ifndef MAGIC
#define MAGIC LOSS_ABI_MAGIC
#endif

#ifndef CUSTOM_DESCRIBE
int32_t loss_describe_v1(loss_descriptor *out) {
  out->magic = MAGIC;
  out->abi_major = LOSS_ABI_MAJOR;
  out->abi_minor = LOSS_ABI_MINOR;
  out->struct_size = sizeof *out;
  out->family = LOSS_PAIRWISE;
  out->capabilities = LOSS_ROW_INDEPENDENT;
  strcpy(out->name, "fixture");
  const loss_arg args[] = {
      {LOSS_ROWS, 0},
      {LOSS_INPUT, LOSS_POLICY_CHOSEN},
      {LOSS_INPUT, LOSS_POLICY_REJECTED},
      {LOSS_INPUT, LOSS_REFERENCE_CHOSEN},
      {LOSS_INPUT, LOSS_REFERENCE_REJECTED},
      {LOSS_PARAM, 0},
      {LOSS_VALUE, 0},
      {LOSS_GRADIENT, LOSS_POLICY_CHOSEN},
      {LOSS_GRADIENT, LOSS_POLICY_REJECTED},
  };
  out->arg_count = sizeof args / sizeof *args;
  memcpy(out->args, args, sizeof args);
  out->param_count = 1;
  strcpy(out->params[0].name, "beta");
  out->params[0].minimum = 0.001;
  out->params[0].maximum = 10;
  out->params[0].initial = 0.1;
  out->params[0].flags = LOSS_PARAM_LOG_SCALE;
#ifdef DESCRIPTOR_EXTRA
  DESCRIPTOR_EXTRA;
#endif
  return LOSS_OK;
}
#endif

static inline double softplus(double x) { return fmax(x, 0) + log1p(exp(-fabs(x))); }

static inline void dpo(const call *c) {
  for (uint32_t i = 0; i < c->rows; i++) {
    double x = c->beta * ((c->policy_chosen[i] - c->policy_rejected[i]) -
                          (c->reference_chosen[i] - c->reference_rejected[i]));
    c->value[i] = softplus(-x);
    double slope = -c->beta / (1 + exp(x));
    c->d_policy_chosen[i] = slope;
    c->d_policy_rejected[i] = -slope;
  }
}

#define KERNEL(...)                                                                              \
  int32_t loss_kernel_v1(                                                                        \
      uint32_t rows, const double *pc, const double *pr, const double *rc, const double *rr,     \
      double beta, double *value, double *dpc, double *dpr) {                                    \
    const call c = {rows, pc, pr, rc, rr, beta, value, dpc, dpr};                                \
    (void)c;                                                                                     \
    __VA_ARGS__;                                                                                 \
    return LOSS_OK;                                                                              \
  }
#endif
