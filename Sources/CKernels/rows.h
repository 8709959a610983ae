// Rows: copies, sums, layer normalisation.

static void NAME(fill_rows)(const float *row, float *out, size_t n, size_t d) {
  for (size_t i = 0; i < n; i++) memcpy(out + i * d, row, d * sizeof(float));
}

static void NAME(add_row)(const float *x, const float *row, float *out, size_t n, size_t d) {
  for (size_t i = 0; i < n; i++, x += d, out += d) {
    size_t j = 0;
    for (; j + CK_LANES <= d; j += CK_LANES) store(out + j, load(x + j) + load(row + j));
    for (; j < d; j++) out[j] = x[j] + row[j];
  }
}

static void NAME(add)(const float *x, float *out, size_t d) {
  size_t j = 0;
  for (; j + CK_LANES <= d; j += CK_LANES) store(out + j, load(out + j) + load(x + j));
  for (; j < d; j++) out[j] += x[j];
}

static void NAME(add_column_sums)(const float *x, size_t ldx, float *out, size_t n, size_t d) {
  for (size_t i = 0; i < n; i++) NAME(add)(x + i * ldx, out, d);
}

static void NAME(layer_norm)(const float *x, const float *weight, const float *bias,
                             float epsilon, float *out, float *mean, float *rstd, size_t n,
                             size_t d) {
  const size_t whole = d / CK_LANES * CK_LANES, rest = d - whole;
  for (size_t i = 0; i < n; i++, x += d, out += d) {
    vf sum = splat(0);
    for (size_t j = 0; j < whole; j += CK_LANES) sum += load(x + j);
    if (rest) sum += load_some(x + whole, rest, 0);
    const float m = sum_lanes(sum) / (float)d;
    // Two passes: the variance of differences does not cancel.
    vf squares = splat(0);
    for (size_t j = 0; j < whole; j += CK_LANES) {
      vf c = load(x + j) - splat(m);
      squares = fma_(c, c, squares);
    }
    if (rest) {
      vf c = load_some(x + whole, rest, m) - splat(m);
      squares = fma_(c, c, squares);
    }
    const float r = 1.0f / sqrtf(sum_lanes(squares) / (float)d + epsilon);
    mean[i] = m;
    rstd[i] = r;
    for (size_t j = 0; j < whole; j += CK_LANES)
      store(out + j, fma_((load(x + j) - splat(m)) * splat(r), load(weight + j), load(bias + j)));
    for (size_t j = whole; j < d; j++) out[j] = (x[j] - m) * r * weight[j] + bias[j];
  }
}

// With x^ = (x - mean) * rstd and g = dy * weight:
// dx = residual + rstd * (g - mean(g) - x^ * mean(g * x^)). dx may be residual.
static void NAME(layer_norm_backward)(const float *dy, const float *x, const float *weight,
                                      const float *mean, const float *rstd,
                                      const float *residual, float *dx, float *dweight,
                                      float *dbias, size_t n, size_t d) {
  const size_t whole = d / CK_LANES * CK_LANES, rest = d - whole;
  for (size_t i = 0; i < n; i++, dy += d, x += d, residual += d, dx += d) {
    const vf m = splat(mean[i]), r = splat(rstd[i]);
    vf sum = splat(0), dot = splat(0);
    for (size_t j = 0; j < whole; j += CK_LANES) {
      vf y = load(dy + j), h = (load(x + j) - m) * r, g = y * load(weight + j);
      sum += g;
      dot = fma_(g, h, dot);
      store(dweight + j, fma_(y, h, load(dweight + j)));
      store(dbias + j, load(dbias + j) + y);
    }
    if (rest) {
      vf y = load_some(dy + whole, rest, 0), h = (load_some(x + whole, rest, 0) - m) * r;
      vf g = y * load_some(weight + whole, rest, 0);
      sum += g;
      dot = fma_(g, h, dot);
      store_some(dweight + whole, fma_(y, h, load_some(dweight + whole, rest, 0)), rest);
      store_some(dbias + whole, load_some(dbias + whole, rest, 0) + y, rest);
    }
    const vf a = splat(sum_lanes(sum) / (float)d), b = splat(sum_lanes(dot) / (float)d);
    for (size_t j = 0; j < whole; j += CK_LANES) {
      vf h = (load(x + j) - m) * r;
      vf g = load(dy + j) * load(weight + j) - a - h * b;
      store(dx + j, fma_(r, g, load(residual + j)));
    }
    if (rest) {
      vf h = (load_some(x + whole, rest, 0) - m) * r;
      vf g = load_some(dy + whole, rest, 0) * load_some(weight + whole, rest, 0) - a - h * b;
      store_some(dx + whole, fma_(r, g, load_some(residual + whole, rest, 0)), rest);
    }
  }
}
