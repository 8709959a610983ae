/* Passes: cross-entropy over logits of any size. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "loss_abi.h"

int32_t loss_describe_v1(loss_descriptor *out) {
  const loss_arg args[] = {
    {LOSS_ROWS, 0}, {LOSS_CLASSES, 0}, {LOSS_INPUT, LOSS_LOGITS}, {LOSS_INPUT, LOSS_LABELS},
    {LOSS_VALUE, 0}, {LOSS_GRADIENT, LOSS_LOGITS},
  };
  out->magic = LOSS_ABI_MAGIC;
  out->abi_major = LOSS_ABI_MAJOR;
  out->struct_size = sizeof *out;
  out->family = LOSS_CLASSIFICATION;
  out->capabilities = LOSS_ROW_INDEPENDENT | LOSS_SHIFT_INVARIANT | LOSS_CONVEX;
  out->arg_count = sizeof args / sizeof *args;
  strcpy(out->name, "classes");
  memcpy(out->args, args, sizeof args);
  return LOSS_OK;
}

int32_t loss_kernel_v1(
    uint32_t rows, uint32_t classes, const double *logits, const int32_t *labels, double *value,
    double *gradient) {
  for (uint32_t i = 0; i < rows; i++) {
    const double *z = logits + i * classes;
    double largest = z[0], total = 0;
    for (uint32_t c = 1; c < classes; c++) largest = fmax(largest, z[c]);
    for (uint32_t c = 0; c < classes; c++) total += exp(z[c] - largest);
    value[i] = largest + log(total) - z[labels[i]];
    for (uint32_t c = 0; c < classes; c++)
      gradient[i * classes + c] = exp(z[c] - largest) / total - (c == (uint32_t)labels[i]);
  }
  return LOSS_OK;
}
