// ListNet on log-ratios: cross-entropy between the softmax of the scores and that of
// beta * (policy - reference), over what the mask shows of each list.
//
// Zhe Cao et al., "Learning to rank: from pairwise approach to listwise approach", ICML 2007.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "loss_abi.h"

namespace {

// ln of the sum of exponentials of what the mask shows, and the number of completions shown.
template <typename Score>
double log_sum_exp(const double *mask, uint32_t size, Score score) {
  double top = -std::numeric_limits<double>::infinity();
  for (uint32_t k = 0; k < size; k++)
    if (mask[k] != 0) top = std::max(top, score(k));
  double total = 0;
  for (uint32_t k = 0; k < size; k++)
    if (mask[k] != 0) total += std::exp(score(k) - top);
  return top + std::log(total);
}

void set_name(char (&place)[LOSS_NAME_SIZE], const char *name) {
  std::strncpy(place, name, LOSS_NAME_SIZE - 1);
}

}  // namespace

extern "C" int32_t loss_describe_v1(loss_descriptor *out) {
  const loss_arg args[] = {
      {LOSS_ROWS, 0},
      {LOSS_GROUP_SIZE, 0},
      {LOSS_INPUT, LOSS_LIST_POLICY},
      {LOSS_INPUT, LOSS_LIST_REFERENCE},
      {LOSS_INPUT, LOSS_LIST_SCORES},
      {LOSS_INPUT, LOSS_LIST_MASK},
      {LOSS_PARAM, 0},
      {LOSS_VALUE, 0},
      {LOSS_GRADIENT, LOSS_LIST_POLICY},
  };
  if (out->struct_size < sizeof *out) return LOSS_STATUS_UNSUPPORTED;
  out->magic = LOSS_ABI_MAGIC;
  out->abi_major = LOSS_ABI_MAJOR;
  out->abi_minor = LOSS_ABI_MINOR;
  out->struct_size = sizeof *out;
  out->family = LOSS_LISTWISE;
  out->capabilities = LOSS_ROW_INDEPENDENT | LOSS_SHIFT_INVARIANT | LOSS_CONVEX;
  out->arg_count = sizeof args / sizeof *args;
  out->param_count = 1;
  set_name(out->name, "list-net");
  std::memcpy(out->args, args, sizeof args);
  set_name(out->params[0].name, "beta");
  out->params[0].minimum = 1e-4;
  out->params[0].maximum = 100;
  out->params[0].initial = 0.1;
  out->params[0].flags = LOSS_PARAM_LOG_SCALE;
  return LOSS_OK;
}

extern "C" int32_t loss_kernel_v1(
    uint32_t rows, uint32_t size, const double *policy, const double *reference,
    const double *scores, const double *mask, double beta, double *value, double *gradient) {
  for (uint32_t i = 0; i < rows; i++) {
    const size_t start = static_cast<size_t>(i) * size;
    const auto own = [&](uint32_t k) { return beta * (policy[start + k] - reference[start + k]); };
    const auto wanted = [&](uint32_t k) { return scores[start + k]; };
    const double total = log_sum_exp(mask + start, size, own);
    const double weight = log_sum_exp(mask + start, size, wanted);
    value[i] = 0;
    for (uint32_t k = 0; k < size; k++) {
      const bool shown = mask[start + k] != 0;
      const double target = shown ? std::exp(wanted(k) - weight) : 0;
      const double share = shown ? std::exp(own(k) - total) : 0;
      if (shown) value[i] -= target * (own(k) - total);
      gradient[start + k] = beta * (share - target);
    }
  }
  return LOSS_OK;
}
