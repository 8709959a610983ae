// GELU in its two forms.

// x/2 (1 + tanh u) = x * sigmoid(2u) with 2u = x (A + B x^2).
#define GELU_A 1.5957691216057308f   // 2 sqrt(2/pi)
#define GELU_B 0.07135481282552873f  // 0.044715 * A

// Far out on the left sigmoid is 0, and not the smallest float, which a huge x would lift again.
INLINE vf gelu_gate(vf x, vf square) {
  vf z = x * fma_(splat(GELU_B), square, splat(GELU_A));
  return select_(z < splat(-87.0f), splat(0), sigmoid_(z));
}
INLINE vf gelu_tanh_value(vf x) { return x * gelu_gate(x, x * x); }
INLINE vf gelu_tanh_slope(vf x) {
  vf square = x * x;
  vf s = gelu_gate(x, square);
  vf slope = x * fma_(splat(3 * GELU_B), square, splat(GELU_A));
  vf bend = s * (splat(1.0f) - s);
  // 0 * infinity at |x| beyond 1e12 would be NaN.
  return s + select_(bend == splat(0), splat(0), bend * slope);
}

INLINE vf gelu_value(vf x) {
  return splat(0.5f) * x * (splat(1.0f) + erf_(x * splat(0.70710678118654752f)));
}
INLINE vf gelu_slope(vf x) {
  vf cdf = splat(0.5f) * (splat(1.0f) + erf_(x * splat(0.70710678118654752f)));
  vf density = splat(0.3989422804014327f) * exp_(splat(-0.5f) * x * x);
  return cdf + select_(density == splat(0), splat(0), x * density);
}

#define GELU_KERNELS(name)                                                                    \
  static void NAME(name)(const float *x, float *out, size_t count) {                          \
    size_t j = 0;                                                                             \
    for (; j + CK_LANES <= count; j += CK_LANES) store(out + j, name##_value(load(x + j)));   \
    if (j < count)                                                                            \
      store_some(out + j, name##_value(load_some(x + j, count - j, 0)), count - j);           \
  }                                                                                           \
  static void NAME(name##_backward)(const float *x, float *dy, float *dbias, size_t n,        \
                                    size_t d) {                                               \
    for (size_t i = 0; i < n; i++, x += d, dy += d) {                                         \
      size_t j = 0;                                                                           \
      for (; j + CK_LANES <= d; j += CK_LANES) {                                              \
        vf g = load(dy + j) * name##_slope(load(x + j));                                      \
        store(dy + j, g);                                                                     \
        store(dbias + j, load(dbias + j) + g);                                                \
      }                                                                                       \
      if (j < d) {                                                                            \
        vf g = load_some(dy + j, d - j, 0) * name##_slope(load_some(x + j, d - j, 0));        \
        store_some(dy + j, g, d - j);                                                         \
        store_some(dbias + j, load_some(dbias + j, d - j, 0) + g, d - j);                     \
      }                                                                                       \
    }                                                                                         \
  }

GELU_KERNELS(gelu_tanh)
GELU_KERNELS(gelu)
