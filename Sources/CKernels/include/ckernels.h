#ifndef CKERNELS_H
#define CKERNELS_H

#include <stddef.h>
#include <stdint.h>

/// Instruction sets that the kernels are compiled for.
typedef enum {
  CK_PLAIN = 0,
  CK_AVX2 = 1,
  CK_AVX512 = 2,
} ck_isa;

/// The numbers of one AdamW step; see `adamw`.
typedef struct {
  float beta1, beta2, epsilon;
  /// lr / (1 - beta1^t).
  float step_size;
  /// 1 / sqrt(1 - beta2^t).
  float inverse_root_correction;
  /// 1 - lr * weight decay.
  float decay;
  /// Multiplies every gradient: the factor of clipping.
  float gradient_scale;
} ck_adamw_step;

/// Columns of a panel.
#define CK_PANEL 64
/// Rows that `add_outer_products` takes at a time.
#define CK_OUTER_BLOCK 128
/// Cached positions whose keys lie side by side.
#define CK_KEYS 16
/// Queries that attention takes at a time.
#define CK_QUERIES 64

/// One segment and one head of causal attention (Vaswani et al. 2017, arXiv 1706.03762): query i of n
/// sees `prefix` keys that come before the segment, and keys 0 to i of its own.
///
/// Rows of queries, keys, values and of their slopes have d elements and lie `ld` apart, those of `out`
/// and `dout` `ldo`.
typedef struct {
  size_t n, prefix, d, ld, ldo;
  /// Of the scores, 1 / sqrt(d).
  float scale;
  const float *queries, *keys, *values, *prefix_keys, *prefix_values;
  float *out;
  /// The log of the sum of the exponentials of query i's scores is at i * sum_stride.
  float *sums;
  size_t sum_stride;
  /// d/d out, for the way back only, and so are the rest.
  const float *dout;
  float *dqueries, *dkeys, *dvalues, *dprefix_keys, *dprefix_values;
  int adds;
  /// Room for CK_ATTENTION_SCRATCH(prefix + n, d) elements.
  float *scratch;
} ck_attention;

#define CK_ATTENTION_SCRATCH(keys, d) (((keys) + CK_PANEL) * (4 * (d) + 2 * CK_QUERIES))

/// One token's queries, of all heads, over t cached positions.
///
/// Head h sees keys and values of head h * kv_heads / heads. `query` and `out` are [heads][d], values
/// [t][kv_heads][d]. Keys lie with one column a position, [t / CK_KEYS rounded up][kv_heads][d][CK_KEYS];
/// what stands in columns behind the last position does not matter.
typedef struct {
  size_t t, heads, kv_heads, d;
  /// Of the scores, 1 / sqrt(d).
  float scale;
  const float *query, *keys, *values;
  /// Room for `heads` rows of t elements, rounded up to a multiple of CK_KEYS.
  float *scores;
  float *out;
} ck_query;

/// The kernels of one instruction set.
///
/// Matrices are row-major; `n` counts rows and `d` columns unless said otherwise; `ld…` are distances
/// between rows in elements. Every kernel gives the same bits for the same arguments on one
/// instruction set, takes NaN and infinities, and passes them on. Pointers must not overlap unless
/// said so; no alignment is asked for.
typedef struct {
  /// out[i] = row for each of n rows.
  void (*fill_rows)(const float *row, float *out, size_t n, size_t d);
  /// out[i] = x[i] + row.
  void (*add_row)(const float *x, const float *row, float *out, size_t n, size_t d);
  /// out += x, d elements. `out` may be `x`.
  void (*add)(const float *x, float *out, size_t d);
  /// out[j] += sum over rows of x[i][j].
  void (*add_column_sums)(const float *x, size_t ldx, float *out, size_t n, size_t d);

  /// out = (x - mean) * rstd * weight + bias, and the statistics of each row.
  void (*layer_norm)(const float *x, const float *weight, const float *bias, float epsilon,
                     float *out, float *mean, float *rstd, size_t n, size_t d);
  /// The same row by row from statistics that are known.
  void (*layer_norm_backward)(const float *dy, const float *x, const float *weight,
                              const float *mean, const float *rstd, const float *residual,
                              float *dx, float *dweight, float *dbias, size_t n, size_t d);

  /// out = x * rstd * weight with rstd = 1 / sqrt(mean(x^2) + epsilon) of each row (Zhang and
  /// Sennrich 2019, arXiv 1910.07467).
  void (*rms_norm)(const float *x, const float *weight, float epsilon, float *out, float *rstd,
                   size_t n, size_t d);
  /// dx = residual + the slope of it, dweight += its; `dx` may be `residual`.
  void (*rms_norm_backward)(const float *dy, const float *x, const float *weight,
                            const float *rstd, const float *residual, float *dx, float *dweight,
                            size_t n, size_t d);
  /// Turns each pair (x[j], x[j + half]) of each of `heads` heads of row i by the angle that `table`
  /// has at positions[i]: half cosines, then half sines (Su et al. 2021, arXiv 2104.09864, in Hugging
  /// Face's order). sign is 1, or -1 to turn back. A head has 2 * half elements.
  void (*rotate)(float *x, size_t ldx, const float *table, const int32_t *positions, float sign,
                 size_t heads, size_t half, size_t n);

  /// out = gelu(x), tanh form, count elements.
  void (*gelu_tanh)(const float *x, float *out, size_t count);
  /// dy *= gelu'(x), and dbias += the column sums of the result.
  void (*gelu_tanh_backward)(const float *x, float *dy, float *dbias, size_t n, size_t d);
  /// The same two with the exact normal distribution function.
  void (*gelu)(const float *x, float *out, size_t count);
  void (*gelu_backward)(const float *x, float *dy, float *dbias, size_t n, size_t d);
  /// out[i][j] = silu(x[i][j]) * x[i][d + j] for rows of 2 d elements, silu(x) = x sigmoid(x)
  /// (Shazeer 2020, arXiv 2002.05202).
  void (*swiglu)(const float *x, float *out, size_t n, size_t d);
  /// The second half of each row of dx [n][2 d] holds d/d out; then all of it d/d x.
  void (*swiglu_backward)(const float *x, float *dx, size_t n, size_t d);

  /// Causal attention of one segment and one head: `out` and `sums` from the rest.
  void (*attend)(const ck_attention *a);
  /// Its slopes: sets `dqueries`, sets or adds to `dkeys` and `dvalues` as `adds` says, adds to
  /// `dprefix_keys` and `dprefix_values`.
  void (*attend_backward)(const ck_attention *a);
  /// Attention of one token's queries over cached positions: `out` from the rest.
  void (*attend_one)(const ck_query *a);

  /// c = x w + bias + add for x [m][k], c [m][n] and w [k][n] in panels (see `ck_pack_panels`). `bias`
  /// and `add`, which lies as c does and may be c, can be NULL. A row of the result has the same bits
  /// whatever the number of rows.
  void (*panel_multiply)(const float *x, size_t ldx, const float *panels, const float *bias,
                         const float *add, float *c, size_t ldc, size_t m, size_t n, size_t k);
  /// c[i][j] += sum over rows r of x[r][i] * y[r][j] for c [m][n]. `scratch` has room for
  /// CK_OUTER_BLOCK * (n + 2 * CK_PANEL) elements. An element has the same bits whatever m and n are.
  void (*add_outer_products)(const float *x, size_t ldx, const float *y, size_t ldy, float *c,
                             size_t ldc, size_t rows, size_t m, size_t n, float *scratch);

  /// For each row the log of the sum of exponentials.
  void (*log_sum_exp)(const float *x, double *lse, size_t n, size_t d);
  /// x = gradient[i] * (onehot(target[i]) - exp(x - lse[i])).
  void (*cross_entropy_backward)(float *x, const double *lse, const int32_t *target,
                                 const float *gradient, size_t n, size_t d);
  /// For each row KL(softmax x || softmax y) and KL(softmax y || softmax x).
  void (*divergences)(const float *x, const double *lse_x, const float *y, const double *lse_y,
                      double *forward, double *reverse, size_t n, size_t d);
  /// out = exp(scale * (x - shift)), count elements; the sum over each 64 of them in `sums`.
  void (*exponentials)(const float *x, float scale, float shift, float *out, float *sums,
                       size_t count);
  /// The largest element; NaN when one is NaN.
  float (*maximum)(const float *x, size_t count);

  /// Sum of squares in double precision.
  double (*sum_of_squares)(const float *x, size_t count);
  /// One step of AdamW (Loshchilov and Hutter, arXiv 1711.05101) in PyTorch's form.
  void (*adamw)(float *parameter, const float *gradient, float *m, float *v,
                const ck_adamw_step *step, size_t count);

  /// out = x w in double precision for x [m][k] and w [k][n] of some hundred elements. A row of the
  /// result has the same bits whatever the number of rows.
  void (*multiply_rows)(const double *x, const double *w, double *out, size_t m, size_t k,
                        size_t n);
} ck_kernels;

/// Tells the processor that this is a waiting loop.
static inline void ck_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/// Lays w [k][n], whose elements lie at w[i * row_stride + j * column_stride], out in panels of
/// CK_PANEL columns, [n / CK_PANEL rounded up][k][CK_PANEL], zeros behind the last column.
void ck_pack_panels(const float *w, size_t row_stride, size_t column_stride, float *panels,
                    size_t k, size_t n);

/// The best instruction set of this processor.
ck_isa ck_best_isa(void);

/// The kernels of an instruction set; NULL when this processor does not have it.
const ck_kernels *ck_kernels_for(ck_isa isa);

#endif
