/* Exports the kernel's name as data. */
#include <stdint.h>

int32_t loss_describe_v1(void *out) { return out == 0; }
int32_t loss_kernel_v1 = 7;
