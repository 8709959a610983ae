/* Defines both functions and hides one. */
#include <stdint.h>

int32_t loss_describe_v1(void *out) { return out == 0; }
__attribute__((visibility("hidden"))) int32_t loss_kernel_v1(void) { return 0; }
