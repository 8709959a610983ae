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

// Four independent sums, or each addition would wait for the one before.
static void NAME(attend_one)(const float *query, const float *keys, size_t ldk,
                             const float *values, float scale, float *scores, float *out,
                             size_t t, size_t d) {
  size_t j = 0;
  for (; j + 4 * CK_LANES <= t; j += 4 * CK_LANES) {
    vf s0 = splat(0), s1 = s0, s2 = s0, s3 = s0;
    for (size_t k = 0; k < d; k++) {
      const float *key = keys + k * ldk + j;
      const vf q = splat(query[k]);
      s0 = fma_(q, load(key), s0);
      s1 = fma_(q, load(key + CK_LANES), s1);
      s2 = fma_(q, load(key + 2 * CK_LANES), s2);
      s3 = fma_(q, load(key + 3 * CK_LANES), s3);
    }
    store(scores + j, s0);
    store(scores + j + CK_LANES, s1);
    store(scores + j + 2 * CK_LANES, s2);
    store(scores + j + 3 * CK_LANES, s3);
  }
  for (; j < t; j += CK_LANES) {
    const size_t count = t - j < CK_LANES ? t - j : CK_LANES;
    // Columns behind the last position may be read, not used, as long as the row has them.
    const size_t readable = ldk - j < CK_LANES ? ldk - j : CK_LANES;
    vf s0 = splat(0), s1 = s0, s2 = s0, s3 = s0;
    size_t k = 0;
    if (readable == CK_LANES) {
      for (; k + 4 <= d; k += 4) {
        const float *key = keys + k * ldk + j;
        s0 = fma_(splat(query[k]), load(key), s0);
        s1 = fma_(splat(query[k + 1]), load(key + ldk), s1);
        s2 = fma_(splat(query[k + 2]), load(key + 2 * ldk), s2);
        s3 = fma_(splat(query[k + 3]), load(key + 3 * ldk), s3);
      }
    }
    for (; k < d; k++)
      s0 = fma_(splat(query[k]), load_some(keys + k * ldk + j, count, 0), s0);
    store_some(scores + j, (s0 + s1) + (s2 + s3), count);
  }
  const float shift = scale * row_maximum(scores, t);
  const float factor = 1.0f / exp_row(scores, scale, shift, scores, t);
  size_t k = 0;
  for (; k + CK_LANES <= d; k += CK_LANES) {
    vf s0 = splat(0), s1 = s0, s2 = s0, s3 = s0;
    size_t i = 0;
    for (; i + 4 <= t; i += 4) {
      const float *value = values + i * d + k;
      s0 = fma_(splat(scores[i]), load(value), s0);
      s1 = fma_(splat(scores[i + 1]), load(value + d), s1);
      s2 = fma_(splat(scores[i + 2]), load(value + 2 * d), s2);
      s3 = fma_(splat(scores[i + 3]), load(value + 3 * d), s3);
    }
    for (; i < t; i++) s0 = fma_(splat(scores[i]), load(values + i * d + k), s0);
    store(out + k, ((s0 + s1) + (s2 + s3)) * splat(factor));
  }
  for (; k < d; k++) {
    float sum = 0;
    for (size_t i = 0; i < t; i++) sum += scores[i] * values[i * d + k];
    out[k] = sum * factor;
  }
}
