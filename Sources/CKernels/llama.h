// What the Llama family has besides: normalisation by the root mean square, rotary positions, SwiGLU.

static void NAME(rms_norm)(const float *x, const float *weight, float epsilon, float *out,
                           float *rstd, size_t n, size_t d) {
  const size_t whole = d / CK_LANES * CK_LANES, rest = d - whole;
  for (size_t i = 0; i < n; i++, x += d, out += d) {
    vf squares = splat(0);
    for (size_t j = 0; j < whole; j += CK_LANES) {
      vf a = load(x + j);
      squares = fma_(a, a, squares);
    }
    if (rest) {
      vf a = load_some(x + whole, rest, 0);
      squares = fma_(a, a, squares);
    }
    const float r = 1.0f / sqrtf(sum_lanes(squares) / (float)d + epsilon);
    rstd[i] = r;
    for (size_t j = 0; j < whole; j += CK_LANES)
      store(out + j, load(x + j) * splat(r) * load(weight + j));
    for (size_t j = whole; j < d; j++) out[j] = x[j] * r * weight[j];
  }
}

// With h = x * rstd and g = dy * weight: dx = residual + rstd * (g - h * mean(g * h)).
INLINE vf rms_slope(vf y, vf x, vf weight, vf residual, vf r, vf b) {
  return fma_(r, y * weight - x * r * b, residual);
}
static void NAME(rms_norm_backward)(const float *dy, const float *x, const float *weight,
                                    const float *rstd, const float *residual, float *dx,
                                    float *dweight, size_t n, size_t d) {
  const size_t whole = d / CK_LANES * CK_LANES, rest = d - whole;
  for (size_t i = 0; i < n; i++, dy += d, x += d, residual += d, dx += d) {
    const vf r = splat(rstd[i]);
    vf dot = splat(0);
    for (size_t j = 0; j < whole; j += CK_LANES) {
      vf y = load(dy + j), h = load(x + j) * r;
      dot = fma_(y * load(weight + j), h, dot);
      store(dweight + j, fma_(y, h, load(dweight + j)));
    }
    if (rest) {
      vf y = load_some(dy + whole, rest, 0), h = load_some(x + whole, rest, 0) * r;
      dot = fma_(y * load_some(weight + whole, rest, 0), h, dot);
      store_some(dweight + whole, fma_(y, h, load_some(dweight + whole, rest, 0)), rest);
    }
    const vf b = splat(sum_lanes(dot) / (float)d);
    for (size_t j = 0; j < whole; j += CK_LANES)
      store(dx + j,
            rms_slope(load(dy + j), load(x + j), load(weight + j), load(residual + j), r, b));
    if (rest)
      store_some(dx + whole,
                 rms_slope(load_some(dy + whole, rest, 0), load_some(x + whole, rest, 0),
                           load_some(weight + whole, rest, 0),
                           load_some(residual + whole, rest, 0), r, b),
                 rest);
  }
}

static void NAME(rotate)(float *x, size_t ldx, const float *table, const int32_t *positions,
                         float sign, size_t heads, size_t half, size_t n) {
  for (size_t i = 0; i < n; i++, x += ldx) {
    const float *cosine = table + (size_t)positions[i] * 2 * half, *sine = cosine + half;
    for (size_t h = 0; h < heads; h++) {
      float *first = x + h * 2 * half, *second = first + half;
      size_t j = 0;
      for (; j + CK_LANES <= half; j += CK_LANES) {
        const vf c = load(cosine + j), s = splat(sign) * load(sine + j);
        const vf a = load(first + j), b = load(second + j);
        store(first + j, a * c - b * s);
        store(second + j, b * c + a * s);
      }
      if (j < half) {
        const size_t rest = half - j;
        const vf c = load_some(cosine + j, rest, 0), s = splat(sign) * load_some(sine + j, rest, 0);
        const vf a = load_some(first + j, rest, 0), b = load_some(second + j, rest, 0);
        store_some(first + j, a * c - b * s, rest);
        store_some(second + j, b * c + a * s, rest);
      }
    }
  }
}

// Far out on the left sigmoid is 0, and not the smallest float, which a huge x would lift again.
INLINE vf silu_gate(vf x) { return select_(x < splat(-87.0f), splat(0), sigmoid_(x)); }

static void NAME(swiglu)(const float *x, float *out, size_t n, size_t d) {
  for (size_t i = 0; i < n; i++, x += 2 * d, out += d) {
    size_t j = 0;
    for (; j + CK_LANES <= d; j += CK_LANES) {
      vf gate = load(x + j);
      store(out + j, gate * silu_gate(gate) * load(x + d + j));
    }
    if (j < d) {
      vf gate = load_some(x + j, d - j, 0);
      store_some(out + j, gate * silu_gate(gate) * load_some(x + d + j, d - j, 0), d - j);
    }
  }
}

INLINE void swiglu_lanes(const float *x, float *dx, size_t d, size_t count) {
  const vf gate = load_some(x, count, 0), up = load_some(x + d, count, 0);
  const vf dy = load_some(dx + d, count, 0), s = silu_gate(gate);
  // silu' = s + x s (1 - s), where 0 * infinity would be NaN.
  const vf bend = s * (splat(1.0f) - s);
  const vf slope = s + select_(bend == splat(0), splat(0), bend * gate);
  store_some(dx, dy * up * slope, count);
  store_some(dx + d, dy * gate * s, count);
}
static void NAME(swiglu_backward)(const float *x, float *dx, size_t n, size_t d) {
  for (size_t i = 0; i < n; i++, x += 2 * d, dx += 2 * d) {
    size_t j = 0;
    for (; j + CK_LANES <= d; j += CK_LANES) swiglu_lanes(x + j, dx + j, d, CK_LANES);
    if (j < d) swiglu_lanes(x + j, dx + j, d, d - j);
  }
}
