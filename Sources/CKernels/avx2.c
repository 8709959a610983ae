// The kernels with vectors of 8 floats.

#include "tables.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>
#include <string.h>

#define CK_FMA
#define CK_LANES 8
#define NAME(name) name##_avx2

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "body.h"
#pragma clang attribute pop

const ck_kernels *ck_table_avx2(void) { return &NAME(table); }
#endif
