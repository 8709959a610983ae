#include "tables.h"

#include <string.h>

#if defined(__x86_64__)
static int has(ck_isa isa) {
  __builtin_cpu_init();
  const int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  switch (isa) {
  case CK_PLAIN: return 1;
  case CK_AVX2: return avx2;
  case CK_AVX512:
    return avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
           && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  }
  return 0;
}
#else
static int has(ck_isa isa) { return isa == CK_PLAIN; }
#endif

ck_isa ck_best_isa(void) {
  return has(CK_AVX512) ? CK_AVX512 : has(CK_AVX2) ? CK_AVX2 : CK_PLAIN;
}

const ck_kernels *ck_kernels_for(ck_isa isa) {
  if (!has(isa)) return 0;
#if defined(__x86_64__)
  if (isa == CK_AVX512) return ck_table_avx512();
  if (isa == CK_AVX2) return ck_table_avx2();
#endif
  return ck_table_plain();
}

void ck_pack_panels(const float *w, size_t row_stride, size_t column_stride, float *panels,
                    size_t k, size_t n) {
  for (size_t start = 0; start < n; start += CK_PANEL, panels += k * CK_PANEL) {
    const size_t columns = n - start < CK_PANEL ? n - start : CK_PANEL;
    if (columns < CK_PANEL) memset(panels, 0, k * CK_PANEL * sizeof(float));
    const float *from = w + start * column_stride;
    if (column_stride == 1) {
      for (size_t i = 0; i < k; i++)
        memcpy(panels + i * CK_PANEL, from + i * row_stride, columns * sizeof(float));
      continue;
    }
    // In squares, of which every cache line is used while it is there.
    for (size_t i0 = 0; i0 < k; i0 += 16) {
      const size_t end = k - i0 < 16 ? k : i0 + 16;
      for (size_t j = 0; j < columns; j++)
        for (size_t i = i0; i < end; i++)
          panels[i * CK_PANEL + j] = from[i * row_stride + j * column_stride];
    }
  }
}
