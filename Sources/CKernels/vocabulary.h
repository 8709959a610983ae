// Rows as wide as the vocabulary: log-softmax and what is made of it.

// The sum in single precision holds 1e-7 per lane of at most a few thousand terms; the logarithm
// is taken in double, so equal logits give equal log-probabilities to the last bit.
static void NAME(log_sum_exp)(const float *x, double *lse, size_t n, size_t d) {
  for (size_t i = 0; i < n; i++, x += d) {
    const float m = row_maximum(x, d);
    vf sum = splat(0);
    size_t j = 0;
    for (; j + CK_LANES <= d; j += CK_LANES) sum += exp_(load(x + j) - splat(m));
    if (j < d) sum += exp_(load_some(x + j, d - j, -INFINITY) - splat(m));
    lse[i] = (double)m + log((double)sum_lanes(sum));
  }
}

static void NAME(cross_entropy_backward)(float *x, const double *lse, const int32_t *target,
                                         const float *gradient, size_t n, size_t d) {
  for (size_t i = 0; i < n; i++, x += d) {
    const vf shift = splat((float)lse[i]), factor = splat(-gradient[i]);
    size_t j = 0;
    for (; j + CK_LANES <= d; j += CK_LANES) store(x + j, factor * exp_(load(x + j) - shift));
    if (j < d)
      store_some(x + j, factor * exp_(load_some(x + j, d - j, 0) - shift), d - j);
    x[target[i]] += gradient[i];
  }
}

// In double, since differences of nearly equal distributions are asked for. The float exponential
// only weighs the terms, and equal rows give differences of exactly 0.
static void NAME(divergences)(const float *x, const double *lse_x, const float *y,
                              const double *lse_y, double *forward, double *reverse, size_t n,
                              size_t d) {
  for (size_t i = 0; i < n; i++, x += d, y += d) {
    const vf shift_x = splat((float)lse_x[i]), shift_y = splat((float)lse_y[i]);
    const vd gap = (lse_y[i] - lse_x[i]) - (vd){};
    vd f = {0}, r = {0};
    for (size_t j = 0; j < d; j += CK_LANES) {
      const size_t count = d - j < CK_LANES ? d - j : CK_LANES;
      // Lanes behind the end get probability 0 and difference `gap`, which is finite.
      vf a = load_some(x + j, count, 0), b = load_some(y + j, count, 0);
      vf p = exp_(a - shift_x), q = exp_(b - shift_y);
      if (count < CK_LANES) {
        vf lanes = splat(0);
        for (size_t k = 0; k < count; k++) lanes[k] = 1;
        p *= lanes;
        q *= lanes;
      }
      vd difference = widen(a) - widen(b) + gap;
      f += widen(p) * difference;
      r -= widen(q) * difference;
    }
    forward[i] = sum_lanes_double(&f);
    reverse[i] = sum_lanes_double(&r);
  }
}

static void NAME(exponentials)(const float *x, float scale, float shift, float *out, float *sums,
                               size_t count) {
  for (size_t j = 0; j < count; j += 64) {
    const size_t block = count - j < 64 ? count - j : 64;
    vf sum = splat(0);
    for (size_t k = 0; k < block; k += CK_LANES) {
      const size_t lanes = block - k < CK_LANES ? block - k : CK_LANES;
      vf e = exp_((load_some(x + j + k, lanes, -INFINITY) - splat(shift)) * splat(scale));
      store_some(out + j + k, e, lanes);
      sum += e;
    }
    sums[j / 64] = sum_lanes(sum);
  }
}

static float NAME(maximum)(const float *x, size_t count) { return row_maximum(x, count); }
