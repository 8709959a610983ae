/* ckernelcall.h: calls a C function whose signature is known at run time only. */
#ifndef CKERNELCALL_H
#define CKERNELCALL_H
#include <stddef.h>
#include <stdint.h>

#include "cellwire.h"
#include "confine.h"

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

/* The same in two steps, for calls that differ in nothing but what the arrays
 * hold. kernelcall_bind copies the arguments into the plan; kernelcall_run calls
 * with them. Bind returns what kernelcall_call does. */
int32_t kernelcall_bind(
    kernelcall_plan *plan, const kernelcall_argument *arguments, uint32_t count);
int32_t kernelcall_run(kernelcall_plan *plan, void *function);
/* The same through libffi on every machine; kernelcall_run knows shorter ways on
 * some. */
int32_t kernelcall_run_portably(kernelcall_plan *plan, void *function);

/* Fills `count` words with a pattern. */
void kernelcall_fill(uint64_t *words, size_t count, uint64_t pattern);
/* Whether any of `count` doubles is NaN: one of a value or an unwritten one. */
int32_t kernelcall_any_nan(const double *values, size_t count);
/* Whether all of `count` words are the pattern. */
int32_t kernelcall_all_equal(const uint64_t *words, size_t count, uint64_t pattern);

/* A kernel of the signature of every pairwise Swift loss that computes next to
 * nothing: what a call of it costs is the cost of calling. */
int32_t kernelcall_idle_kernel(
    uint32_t rows, const double *policy_chosen, const double *policy_rejected,
    const double *reference_chosen, const double *reference_rejected, double t0, double t1,
    double t2, double t3, double t4, double t5, double t6, double t7, double t8, double t9,
    double t10, double t11, double t12, double t13, double t14, double t15, double *value,
    double *d_policy_chosen, double *d_policy_rejected);
#endif
