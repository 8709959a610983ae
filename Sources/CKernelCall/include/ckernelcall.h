/* ckernelcall.h: calls a C function whose signature is known at run time only. */
#ifndef CKERNELCALL_H
#define CKERNELCALL_H
#include <stdint.h>

#include "cellwire.h"

/* One parameter of a kernel. */
typedef uint32_t kernelcall_kind;
enum {
  KERNELCALL_U32 = 1,     /* uint32_t by value: the low half of `bits` */
  KERNELCALL_F64 = 2,     /* double by value: its bit pattern */
  KERNELCALL_POINTER = 3, /* a pointer by value */
};
typedef struct kernelcall_argument {
  kernelcall_kind kind;
  uint32_t reserved; /* zero */
  uint64_t bits;
} kernelcall_argument;

enum { KERNELCALL_MAX_ARGUMENTS = 48 }; /* LOSS_MAX_ARGS */

/* A prepared call interface, kept while the kinds stay the same. */
typedef struct kernelcall_plan kernelcall_plan;

/* NULL when there is no memory. Free with kernelcall_destroy. */
kernelcall_plan *kernelcall_create(void);
void kernelcall_destroy(kernelcall_plan *plan);

/* Calls `function` as int32_t(kinds of the arguments) and stores what it
 * returns. Returns 0; or 1, without having called, when there are too many
 * arguments, an unknown kind, or libffi refuses. Not thread-safe for one plan. */
int32_t kernelcall_call(
    kernelcall_plan *plan, void *function, const kernelcall_argument *arguments, uint32_t count,
    int32_t *status);
#endif
