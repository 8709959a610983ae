/* Does not compile: line 4 uses a name that nothing declares. */
#include "loss_abi.h"

int32_t loss_describe_v1(loss_descriptor *out) { return undeclared; }
int32_t loss_kernel_v1(void) { return 0; }
