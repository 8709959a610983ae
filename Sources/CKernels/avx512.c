// The kernels with vectors of 16 floats.

#include "tables.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>
#include <string.h>

#define CK_FMA
#define CK_LANES 16
#define NAME(name) name##_avx512

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#include "body.h"
#pragma clang attribute pop

const ck_kernels *ck_table_avx512(void) { return &NAME(table); }
#endif
