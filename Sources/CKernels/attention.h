// The element-wise part of attention, and attention of a single query.

INLINE float row_maximum(const float *x, size_t count) {
  vf m = splat(-INFINITY);
  size_t j = 0;
  for (; j + CK_LANES <= count; j += CK_LANES) m = larger(load(x + j), m);
  if (j < count) m = larger(load_some(x + j, count - j, -INFINITY), m);
  return max_lanes(m);
}

// out = exp(scale * x - shift), its sum; `out` may be `x`.
INLINE float exp_row(const float *x, float scale, float shift, float *out, size_t count) {
  const vf a = splat(scale), b = splat(-shift);
  vf sum = splat(0);
  size_t j = 0;
  for (; j + CK_LANES <= count; j += CK_LANES) {
    vf e = exp_(fma_(a, load(x + j), b));
    store(out + j, e);
    sum += e;
  }
  if (j < count) {
    vf e = exp_(fma_(a, load_some(x + j, count - j, -INFINITY), b));
    store_some(out + j, e, count - j);
    sum += e;
  }
  return sum_lanes(sum);
}

INLINE void scale_row(float *x, float factor, size_t count) {
  size_t j = 0;
  for (; j + CK_LANES <= count; j += CK_LANES) store(x + j, load(x + j) * splat(factor));
  for (; j < count; j++) x[j] *= factor;
}

static void NAME(causal_softmax)(float *s, size_t lds, float scale, size_t visible, float *lse,
                                 size_t lse_stride, size_t n, size_t d) {
  for (size_t i = 0; i < n; i++, s += lds) {
    const size_t count = visible + i < d ? visible + i : d;
    const float shift = scale * row_maximum(s, count);
    const float sum = exp_row(s, scale, shift, s, count);
    scale_row(s, 1.0f / sum, count);
    memset(s + count, 0, (d - count) * sizeof(float));
    lse[i * lse_stride] = shift + logf(sum);
  }
}

static void NAME(causal_probabilities)(float *s, size_t lds, float scale, size_t visible,
                                       const float *lse, size_t lse_stride, size_t n, size_t d) {
  for (size_t i = 0; i < n; i++, s += lds) {
    const size_t count = visible + i < d ? visible + i : d;
    exp_row(s, scale, lse[i * lse_stride], s, count);
    memset(s + count, 0, (d - count) * sizeof(float));
  }
}

static void NAME(softmax_backward)(const float *p, float *dp, size_t ld, float scale,
                                   const float *delta, size_t n, size_t d) {
  for (size_t i = 0; i < n; i++, p += ld, dp += ld) {
    const vf shift = splat(delta[i]), factor = splat(scale);
    size_t j = 0;
    for (; j + CK_LANES <= d; j += CK_LANES)
      store(dp + j, factor * load(p + j) * (load(dp + j) - shift));
    for (; j < d; j++) dp[j] = scale * p[j] * (dp[j] - delta[i]);
  }
}

static void NAME(row_dots)(const float *x, size_t ldx, const float *y, size_t ldy, float *out,
                           size_t stride, size_t n, size_t d) {
  for (size_t i = 0; i < n; i++, x += ldx, y += ldy) {
    vf sum = splat(0);
    size_t j = 0;
    for (; j + CK_LANES <= d; j += CK_LANES) sum = fma_(load(x + j), load(y + j), sum);
    if (j < d) sum = fma_(load_some(x + j, d - j, 0), load_some(y + j, d - j, 0), sum);
    out[i * stride] = sum_lanes(sum);
  }
}

static void NAME(attend_one)(const float *query, const float *keys, size_t ldk,
                             const float *values, float scale, float *scores, float *out,
                             size_t t, size_t d) {
  size_t j = 0;
  for (; j + CK_LANES <= t; j += CK_LANES) {
    vf sum = splat(0);
    for (size_t k = 0; k < d; k++) sum = fma_(splat(query[k]), load(keys + k * ldk + j), sum);
    store(scores + j, sum);
  }
  if (j < t) {
    vf sum = splat(0);
    for (size_t k = 0; k < d; k++)
      sum = fma_(splat(query[k]), load_some(keys + k * ldk + j, t - j, 0), sum);
    store_some(scores + j, sum, t - j);
  }
  const float shift = scale * row_maximum(scores, t);
  const float factor = 1.0f / exp_row(scores, scale, shift, scores, t);
  size_t k = 0;
  for (; k + CK_LANES <= d; k += CK_LANES) {
    vf sum = splat(0);
    for (size_t i = 0; i < t; i++) sum = fma_(splat(scores[i]), load(values + i * d + k), sum);
    store(out + k, sum * splat(factor));
  }
  for (; k < d; k++) {
    float sum = 0;
    for (size_t i = 0; i < t; i++) sum += scores[i] * values[i * d + k];
    out[k] = sum * factor;
  }
}
