// Vectors of CK_LANES floats through the compiler's vector extension, and the functions that
// libm has only for scalars. Included once by each instruction set.

#include <math.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline, unused))

typedef float vf __attribute__((vector_size(CK_LANES * 4)));
typedef int32_t vi __attribute__((vector_size(CK_LANES * 4)));
// Half as many doubles fill a register; the compiler splits this type in two.
typedef double vd __attribute__((vector_size(CK_LANES * 8)));

INLINE vf splat(float x) { return x - (vf){}; }
INLINE vf load(const float *p) {
  vf x;
  memcpy(&x, p, sizeof x);
  return x;
}
INLINE void store(float *p, vf x) { memcpy(p, &x, sizeof x); }

// The first `count` elements, and `rest` in the lanes behind them; memory behind is not touched.
#if CK_LANES == 16
INLINE vf load_some(const float *p, size_t count, float rest) {
  return (vf)_mm512_mask_loadu_ps((__m512)splat(rest), (__mmask16)((1u << count) - 1), p);
}
INLINE void store_some(float *p, vf x, size_t count) {
  _mm512_mask_storeu_ps(p, (__mmask16)((1u << count) - 1), (__m512)x);
}
#elif CK_LANES == 8
INLINE __m256i first_lanes(size_t count) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)count),
                            _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
INLINE vf load_some(const float *p, size_t count, float rest) {
  const __m256i mask = first_lanes(count);
  return (vf)_mm256_blendv_ps((__m256)splat(rest), _mm256_maskload_ps(p, mask),
                              _mm256_castsi256_ps(mask));
}
INLINE void store_some(float *p, vf x, size_t count) {
  _mm256_maskstore_ps(p, first_lanes(count), (__m256)x);
}
#else
INLINE vf load_some(const float *p, size_t count, float rest) {
  vf x = splat(rest);
  for (size_t i = 0; i < count; i++) x[i] = p[i];
  return x;
}
INLINE void store_some(float *p, vf x, size_t count) {
  for (size_t i = 0; i < count; i++) p[i] = x[i];
}
#endif

INLINE vf select_(vi mask, vf yes, vf no) { return (vf)((mask & (vi)yes) | (~mask & (vi)no)); }
#ifdef CK_FMA
INLINE vf fma_(vf a, vf b, vf c) { return __builtin_elementwise_fma(a, b, c); }
#else
// Without the instruction it would be a call for each lane.
INLINE vf fma_(vf a, vf b, vf c) { return a * b + c; }
#endif
// NaN in `x` stays, unlike with fmax.
INLINE vf at_least(vf x, float limit) { return select_(x < splat(limit), splat(limit), x); }
INLINE vf at_most(vf x, float limit) { return select_(x > splat(limit), splat(limit), x); }
// The larger one; NaN when either is.
INLINE vf larger(vf x, vf y) { return select_((x > y) | (x != x), x, y); }

// Sums by halves: the same order on every call.
typedef float v4 __attribute__((vector_size(16)));
INLINE float sum4(v4 x) {
  x += __builtin_shufflevector(x, x, 2, 3, 0, 1);
  return x[0] + x[1];
}
#if CK_LANES >= 8
typedef float v8 __attribute__((vector_size(32)));
INLINE float sum8(v8 x) {
  return sum4(__builtin_shufflevector(x, x, 0, 1, 2, 3)
              + __builtin_shufflevector(x, x, 4, 5, 6, 7));
}
#endif
INLINE float sum_lanes(vf x) {
#if CK_LANES == 16
  return sum8(__builtin_shufflevector(x, x, 0, 1, 2, 3, 4, 5, 6, 7)
              + __builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15));
#elif CK_LANES == 8
  return sum8(x);
#else
  return sum4(x);
#endif
}
INLINE double sum_lanes_double(const vd *x) {
  double a[CK_LANES];
  memcpy(a, x, sizeof a);
  for (int width = CK_LANES / 2; width > 0; width /= 2)
    for (int i = 0; i < width; i++) a[i] += a[i + width];
  return a[0];
}
// NaN when a lane is.
INLINE float max_lanes(vf x) {
#if CK_LANES == 16
  x = larger(x, __builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6,
                                        7));
  x = larger(x, __builtin_shufflevector(x, x, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10,
                                        11));
  x = larger(x, __builtin_shufflevector(x, x, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12,
                                        13));
#elif CK_LANES == 8
  x = larger(x, __builtin_shufflevector(x, x, 4, 5, 6, 7, 0, 1, 2, 3));
  x = larger(x, __builtin_shufflevector(x, x, 2, 3, 0, 1, 6, 7, 4, 5));
#else
  x = larger(x, __builtin_shufflevector(x, x, 2, 3, 0, 1));
#endif
  return (x[0] > x[1] || x[0] != x[0]) ? x[0] : x[1];
}
// A macro, since the type is wider than the registers that functions pass it in.
#define widen(x) __builtin_convertvector((x), vd)

// e^x to 1 ulp or so: x = k ln 2 + r with |r| <= ln 2 / 2, and Cephes' polynomial for e^r.
// Below -87.33 it is 0 (no denormals), above 88.37 it stays near the largest float.
INLINE vf exp_(vf x) {
  vi tiny = x < splat(-87.33f);
  x = at_most(at_least(x, -87.33f), 88.37f);
  // Adding 1.5 * 2^23 rounds to a whole number and leaves it in the low bits.
  vf shifted = fma_(x, splat(1.44269504088896341f), splat(12582912.0f));
  vf k = shifted - splat(12582912.0f);
  vf r = fma_(k, splat(-0.693359375f), x);
  r = fma_(k, splat(2.12194440e-4f), r);
  vf p = splat(1.9875691500e-4f);
  p = fma_(p, r, splat(1.3981999507e-3f));
  p = fma_(p, r, splat(8.3334519073e-3f));
  p = fma_(p, r, splat(4.1665795894e-2f));
  p = fma_(p, r, splat(1.6666665459e-1f));
  p = fma_(p, r, splat(5.0000001201e-1f));
  p = fma_(p, r * r, r) + splat(1.0f);
  // k <= 127, so the exponent field never reaches that of infinity; NaN passes through p.
  vi exponent = ((vi)shifted - (vi)splat(12582912.0f) + 127) << 23;
  return select_(tiny, splat(0), p * (vf)exponent);
}

INLINE vf sigmoid_(vf x) { return splat(1.0f) / (splat(1.0f) + exp_(-x)); }

// The rational approximation of Eigen and XLA for single precision; 1 beyond 4.
INLINE vf erf_(vf x) {
  x = at_most(at_least(x, -4.0f), 4.0f);
  vf z = x * x;
  vf p = splat(-2.72614225801306e-10f);
  p = fma_(p, z, splat(2.77068142495902e-08f));
  p = fma_(p, z, splat(-2.10102402082508e-06f));
  p = fma_(p, z, splat(-5.69250639462346e-05f));
  p = fma_(p, z, splat(-7.34990630326855e-04f));
  p = fma_(p, z, splat(-2.95459980854025e-03f));
  p = fma_(p, z, splat(-1.60960333262415e-02f));
  vf q = splat(-1.45660718464996e-05f);
  q = fma_(q, z, splat(-2.13374055278905e-04f));
  q = fma_(q, z, splat(-1.68282697438203e-03f));
  q = fma_(q, z, splat(-7.37332916720468e-03f));
  q = fma_(q, z, splat(-1.42647390514189e-02f));
  return x * p / q;
}
