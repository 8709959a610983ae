/* Holds an absolute address within its code, which the loader has to write there. */
#include "benign.c"

__asm__(".text\n.globl address_in_code\naddress_in_code: .quad loss_describe_v1\n");
