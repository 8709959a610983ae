/* A library as the gate wants it: the two functions, mathematics, nothing else. */
#include <math.h>
#include <stdint.h>

int32_t loss_describe_v1(void *out) { return out == 0; }

int32_t loss_kernel_v1(uint32_t rows, const double *input, double *value) {
  for (uint32_t i = 0; i < rows; i++) value[i] = log1p(exp(-input[i]));
  return 0;
}
