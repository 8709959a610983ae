// Small products in double precision.

// Every sum runs over k in order in a register of its own, so a row's bits are its own affair.
static void NAME(multiply_rows)(const double *x, const double *w, double *out, size_t m, size_t k,
                                size_t n) {
  const size_t whole = n / CK_LANES * CK_LANES;
  for (size_t i = 0; i < m; i++, x += k, out += n) {
    for (size_t j = 0; j < whole; j += CK_LANES) {
      vd sum = {0};
      for (size_t p = 0; p < k; p++) {
        vd row;
        memcpy(&row, w + p * n + j, sizeof row);
        const vd a = x[p] - (vd){0};
#ifdef CK_FMA
        sum = __builtin_elementwise_fma(a, row, sum);
#else
        sum += a * row;
#endif
      }
      memcpy(out + j, &sum, sizeof sum);
    }
    for (size_t j = whole; j < n; j++) {
      double sum = 0;
      for (size_t p = 0; p < k; p++) {
#ifdef CK_FMA
        sum = __builtin_fma(x[p], w[p * n + j], sum);
#else
        sum += x[p] * w[p * n + j];
#endif
      }
      out[j] = sum;
    }
  }
}
