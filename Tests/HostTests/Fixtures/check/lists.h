/* lists.h: squared distance of policy and scores over what the mask shows.
 *
 * SHOWN says what weight an element of the batch has; READS_MASK whether the mask is an input. */
#include <stdint.h>
#include <string.h>

#include "loss_abi.h"

#ifndef READS_MASK
#define READS_MASK 1
#endif

int32_t loss_describe_v1(loss_descriptor *out) {
  const loss_arg args[] = {
    {LOSS_ROWS, 0}, {LOSS_GROUP_SIZE, 0}, {LOSS_INPUT, LOSS_LIST_POLICY},
    {LOSS_INPUT, LOSS_LIST_REFERENCE}, {LOSS_INPUT, LOSS_LIST_SCORES}, {LOSS_VALUE, 0},
    {LOSS_GRADIENT, LOSS_LIST_POLICY}, {LOSS_INPUT, LOSS_LIST_MASK},
  };
  out->magic = LOSS_ABI_MAGIC;
  out->abi_major = LOSS_ABI_MAJOR;
  out->struct_size = sizeof *out;
  out->family = LOSS_LISTWISE;
  out->capabilities = LOSS_ROW_INDEPENDENT | LOSS_SHIFT_INVARIANT | LOSS_CONVEX;
  out->arg_count = sizeof args / sizeof *args - !READS_MASK;
  strcpy(out->name, "lists");
  memcpy(out->args, args, sizeof args);
  return LOSS_OK;
}

int32_t loss_kernel_v1(
    uint32_t rows, uint32_t group, const double *policy, const double *reference,
    const double *scores, double *value, double *gradient
#if READS_MASK
    , const double *mask
#endif
    ) {
  for (uint32_t i = 0; i < rows; i++) {
    value[i] = 0;
    for (uint32_t k = i * group; k < (i + 1) * group; k++) {
      const double shown = SHOWN;
      const double distance = policy[k] - reference[k] - scores[k];
      value[i] += shown * distance * distance;
      gradient[k] = 2 * shown * distance;
    }
  }
  return LOSS_OK;
}
