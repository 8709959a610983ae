/* LRML as it was published, in single precision: the expression that the paper and TRL run.
 *
 *   x = beta * rho,  g = sigmoid(x / tau),  loss = -(1 - g) * logsigmoid(x) + g * exp(-x)
 *
 * Every operation is rounded to single precision, forward and backward, in the order in which PyTorch's
 * autograd does it. Below x = -88.72 exp(-x) is infinite while g is 0, so the loss and its gradient are
 * 0 * infinity = NaN. The catalogue's lrml is the same function in a form that stays finite.
 *
 * Source: Lu et al. 2024, arXiv 2406.08414, equation 5; TRL's loss_type "discopop". */
#include <math.h>
#include <string.h>

#include "loss_abi.h"

int32_t loss_describe_v1(loss_descriptor *out) {
  const loss_arg args[] = {
    {LOSS_ROWS, 0},
    {LOSS_INPUT, LOSS_POLICY_CHOSEN}, {LOSS_INPUT, LOSS_POLICY_REJECTED},
    {LOSS_INPUT, LOSS_REFERENCE_CHOSEN}, {LOSS_INPUT, LOSS_REFERENCE_REJECTED},
    {LOSS_PARAM, 0}, {LOSS_PARAM, 1}, {LOSS_VALUE, 0},
    {LOSS_GRADIENT, LOSS_POLICY_CHOSEN}, {LOSS_GRADIENT, LOSS_POLICY_REJECTED},
  };
  if (out->struct_size < sizeof *out) return LOSS_STATUS_UNSUPPORTED;
  out->magic = LOSS_ABI_MAGIC;
  out->abi_major = LOSS_ABI_MAJOR;
  out->abi_minor = LOSS_ABI_MINOR;
  out->struct_size = sizeof *out;
  out->family = LOSS_PAIRWISE;
  out->capabilities = LOSS_ROW_INDEPENDENT;
  out->arg_count = sizeof args / sizeof *args;
  out->param_count = 2;
  strcpy(out->name, "lrml-float32");
  memcpy(out->args, args, sizeof args);
  strcpy(out->params[0].name, "beta");
  out->params[0].minimum = 1e-4;
  out->params[0].maximum = 100;
  out->params[0].initial = 0.1;
  out->params[0].flags = LOSS_PARAM_LOG_SCALE;
  strcpy(out->params[1].name, "tau");
  out->params[1].minimum = 1e-3;
  out->params[1].maximum = 1;
  out->params[1].initial = 0.05;
  out->params[1].flags = LOSS_PARAM_LOG_SCALE;
  return LOSS_OK;
}

/* PyTorch's logsigmoid: min(0, x) - log1p(exp(-|x|)). */
static float log_sigmoid(float x) { return fminf(0, x) - log1pf(expf(-fabsf(x))); }

static float sigmoid(float x) { return 1 / (1 + expf(-x)); }

int32_t loss_kernel_v1(
    uint32_t rows, const double *policy_chosen, const double *policy_rejected,
    const double *reference_chosen, const double *reference_rejected, double beta, double tau,
    double *value, double *chosen_gradient, double *rejected_gradient) {
  for (uint32_t i = 0; i < rows; i++) {
    const float rho = ((float)policy_chosen[i] - (float)policy_rejected[i])
        - ((float)reference_chosen[i] - (float)reference_rejected[i]);
    const float x = (float)beta * rho;
    const float g = sigmoid(x / (float)tau);
    const float logistic = -log_sigmoid(x), exponential = expf(-x);
    value[i] = (1 - g) * logistic + g * exponential;
    const float into_gate = (exponential - logistic) * (g * (1 - g)) / (float)tau;
    const float slope = into_gate - (1 - g) * sigmoid(-x) - g * exponential;
    chosen_gradient[i] = (float)beta * slope;
    rejected_gradient[i] = -(float)beta * slope;
  }
  return LOSS_OK;
}
