/* Defines kernelcall_create, kernelcall_destroy, kernelcall_call, kernelcall_bind,
 * kernelcall_run. */
#include "ckernelcall.h"

#include <ffi.h>
#include <stdlib.h>

typedef union kernelcall_value {
  uint32_t number;
  double real;
  void *pointer;
  uint64_t bits;
} kernelcall_value;

/* How many arguments of each class travel in registers. Where that is known, a
 * call is made from a ready image of registers and stack: classes are independent
 * of each other, so a function of any signature finds its arguments when the
 * integers come first, then the reals, then what overflowed, in order. libffi sorts
 * the arguments anew in every call, which takes longer than a small kernel. */
#if defined(__x86_64__) && defined(__LP64__)
#define INTEGERS 6 /* System V: rdi rsi rdx rcx r8 r9; xmm0-7; 8 bytes each on the stack */
#elif defined(__aarch64__) && defined(__linux__)
#define INTEGERS 8 /* AAPCS64: x0-7; d0-7; 8 bytes each on the stack */
#endif
enum { REALS = 8 };

#ifdef INTEGERS
typedef struct kernelcall_image {
  uint64_t integers[INTEGERS];
  double reals[REALS];
  uint64_t stack[KERNELCALL_MAX_ARGUMENTS];
  uint32_t depth;
} kernelcall_image;
#endif

struct kernelcall_plan {
  ffi_cif cif;
  uint32_t count; /* UINT32_MAX: nothing prepared */
  kernelcall_kind kinds[KERNELCALL_MAX_ARGUMENTS];
  ffi_type *types[KERNELCALL_MAX_ARGUMENTS];
  kernelcall_value values[KERNELCALL_MAX_ARGUMENTS];
  void *places[KERNELCALL_MAX_ARGUMENTS];
#ifdef INTEGERS
  kernelcall_image image;
#endif
};

kernelcall_plan *kernelcall_create(void) {
  kernelcall_plan *plan = calloc(1, sizeof *plan);
  if (plan) plan->count = UINT32_MAX;
  return plan;
}

void kernelcall_destroy(kernelcall_plan *plan) { free(plan); }

static ffi_type *type_of(kernelcall_kind kind) {
  switch (kind) {
  case KERNELCALL_U32: return &ffi_type_uint32;
  case KERNELCALL_F64: return &ffi_type_double;
  case KERNELCALL_POINTER: return &ffi_type_pointer;
  default: return NULL;
  }
}

static int is_prepared(
    const kernelcall_plan *plan, const kernelcall_argument *arguments, uint32_t count) {
  if (plan->count != count) return 0;
  for (uint32_t i = 0; i < count; i++)
    if (plan->kinds[i] != arguments[i].kind) return 0;
  return 1;
}

static int prepare(kernelcall_plan *plan, const kernelcall_argument *arguments, uint32_t count) {
  plan->count = UINT32_MAX;
  for (uint32_t i = 0; i < count; i++) {
    plan->kinds[i] = arguments[i].kind;
    plan->types[i] = type_of(arguments[i].kind);
    if (!plan->types[i]) return 1;
  }
  if (ffi_prep_cif(&plan->cif, FFI_DEFAULT_ABI, count, &ffi_type_sint32, plan->types) != FFI_OK)
    return 1;
  plan->count = count;
  return 0;
}

#ifdef INTEGERS
static void sort(
    kernelcall_image *image, const kernelcall_argument *arguments, uint32_t count) {
  uint32_t integers = 0, reals = 0;
  image->depth = 0;
  for (uint32_t i = 0; i < count; i++) {
    kernelcall_value value = {.bits = arguments[i].bits};
    if (arguments[i].kind == KERNELCALL_U32) value.bits &= UINT32_MAX;
    if (arguments[i].kind == KERNELCALL_F64 && reals < REALS)
      image->reals[reals++] = value.real;
    else if (arguments[i].kind != KERNELCALL_F64 && integers < INTEGERS)
      image->integers[integers++] = value.bits;
    else
      image->stack[image->depth++] = value.bits;
  }
}

#define U4 uint64_t, uint64_t, uint64_t, uint64_t
#define U12 U4, U4, U4
#define U48 U12, U12, U12, U12
#if INTEGERS == 6
#define REGISTERS U4, uint64_t, uint64_t
#define IN_REGISTERS n[0], n[1], n[2], n[3], n[4], n[5]
#else
#define REGISTERS U4, U4
#define IN_REGISTERS n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7]
#endif
#define D8 double, double, double, double, double, double, double, double
#define IN_D8 r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7]
#define S4(i) s[i], s[(i) + 1], s[(i) + 2], s[(i) + 3]
#define S12(i) S4(i), S4((i) + 4), S4((i) + 8)

/* What a function does not take it does not see, in registers and on the stack. */
static int32_t call(const kernelcall_image *image, void *function) {
  const uint64_t *n = image->integers, *s = image->stack;
  const double *r = image->reals;
  if (image->depth == 0)
    return ((int32_t(*)(REGISTERS, D8))function)(IN_REGISTERS, IN_D8);
  if (image->depth <= 12)
    return ((int32_t(*)(REGISTERS, D8, U12))function)(IN_REGISTERS, IN_D8, S12(0));
  return ((int32_t(*)(REGISTERS, D8, U48))function)(
      IN_REGISTERS, IN_D8, S12(0), S12(12), S12(24), S12(36));
}
#endif

int32_t kernelcall_bind(
    kernelcall_plan *plan, const kernelcall_argument *arguments, uint32_t count) {
  if (count > KERNELCALL_MAX_ARGUMENTS) return 1;
  if (!is_prepared(plan, arguments, count) && prepare(plan, arguments, count) != 0) return 1;
  for (uint32_t i = 0; i < count; i++) {
    plan->values[i].bits = arguments[i].bits;
    if (arguments[i].kind == KERNELCALL_U32) plan->values[i].number = (uint32_t)arguments[i].bits;
    plan->places[i] = &plan->values[i];
  }
#ifdef INTEGERS
  sort(&plan->image, arguments, count);
#endif
  return 0;
}

int32_t kernelcall_run(kernelcall_plan *plan, void *function) {
#ifdef INTEGERS
  return call(&plan->image, function);
#else
  return kernelcall_run_portably(plan, function);
#endif
}

int32_t kernelcall_run_portably(kernelcall_plan *plan, void *function) {
  /* libffi widens small integers on return: a 4-byte slot would be a stack overwrite. */
  ffi_arg result = 0;
  ffi_call(&plan->cif, FFI_FN(function), &result, plan->places);
  return (int32_t)result;
}

int32_t kernelcall_call(
    kernelcall_plan *plan, void *function, const kernelcall_argument *arguments, uint32_t count,
    int32_t *status) {
  if (kernelcall_bind(plan, arguments, count) != 0) return 1;
  *status = kernelcall_run(plan, function);
  return 0;
}
