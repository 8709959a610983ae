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

struct kernelcall_plan {
  ffi_cif cif;
  uint32_t count; /* UINT32_MAX: nothing prepared */
  kernelcall_kind kinds[KERNELCALL_MAX_ARGUMENTS];
  ffi_type *types[KERNELCALL_MAX_ARGUMENTS];
  kernelcall_value values[KERNELCALL_MAX_ARGUMENTS];
  void *places[KERNELCALL_MAX_ARGUMENTS];
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

int32_t kernelcall_bind(
    kernelcall_plan *plan, const kernelcall_argument *arguments, uint32_t count) {
  if (count > KERNELCALL_MAX_ARGUMENTS) return 1;
  if (!is_prepared(plan, arguments, count) && prepare(plan, arguments, count) != 0) return 1;
  for (uint32_t i = 0; i < count; i++) {
    plan->values[i].bits = arguments[i].bits;
    if (arguments[i].kind == KERNELCALL_U32) plan->values[i].number = (uint32_t)arguments[i].bits;
    plan->places[i] = &plan->values[i];
  }
  return 0;
}

int32_t kernelcall_run(kernelcall_plan *plan, void *function) {
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
