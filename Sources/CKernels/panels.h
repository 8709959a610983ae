// Products of a few rows with a weight that was laid out in panels beforehand.

// Registers hold CK_ROWS x CK_VECTORS sums.
#if CK_LANES == 16
#define CK_ROWS 6
#define CK_VECTORS 4
#elif CK_LANES == 8
#define CK_ROWS 6
#define CK_VECTORS 2
#else
#define CK_ROWS 4
#define CK_VECTORS 2
#endif

// c += x w for `rows` rows (a constant where it is inlined) and CK_VECTORS vectors of columns, of
// which the first `columns` exist. Every sum runs over k in order, whatever the number of rows.
INLINE void panel_tile(size_t rows, const float *x, size_t ldx, const float *panel, float *c,
                       size_t ldc, size_t columns, size_t k) {
  vf sums[CK_ROWS][CK_VECTORS];
  for (size_t r = 0; r < rows; r++)
    for (size_t v = 0; v < CK_VECTORS; v++) sums[r][v] = splat(0);
  for (size_t i = 0; i < k; i++, panel += CK_PANEL) {
    vf w[CK_VECTORS];
    for (size_t v = 0; v < CK_VECTORS; v++) w[v] = load(panel + v * CK_LANES);
    for (size_t r = 0; r < rows; r++) {
      const vf a = splat(x[r * ldx + i]);
      for (size_t v = 0; v < CK_VECTORS; v++) sums[r][v] = fma_(a, w[v], sums[r][v]);
    }
  }
  for (size_t r = 0; r < rows; r++)
    for (size_t v = 0; v < CK_VECTORS && v * CK_LANES < columns; v++) {
      float *place = c + r * ldc + v * CK_LANES;
      const size_t left = columns - v * CK_LANES;
      if (left >= CK_LANES)
        store(place, load(place) + sums[r][v]);
      else
        store_some(place, load_some(place, left, 0) + sums[r][v], left);
    }
}

static void NAME(panel_multiply)(const float *x, size_t ldx, const float *panels, float *c,
                                 size_t ldc, size_t m, size_t n, size_t k) {
  for (size_t j = 0; j < n; j += CK_VECTORS * CK_LANES) {
    const float *panel = panels + j / CK_PANEL * CK_PANEL * k + j % CK_PANEL;
    const size_t columns = n - j < CK_VECTORS * CK_LANES ? n - j : CK_VECTORS * CK_LANES;
    size_t i = 0;
    for (; i + CK_ROWS <= m; i += CK_ROWS)
      panel_tile(CK_ROWS, x + i * ldx, ldx, panel, c + i * ldc + j, ldc, columns, k);
    const float *rest = x + i * ldx;
    float *out = c + i * ldc + j;
    switch (m - i) {
#if CK_ROWS > 5
    case 5: panel_tile(5, rest, ldx, panel, out, ldc, columns, k); break;
    case 4: panel_tile(4, rest, ldx, panel, out, ldc, columns, k); break;
#endif
    case 3: panel_tile(3, rest, ldx, panel, out, ldc, columns, k); break;
    case 2: panel_tile(2, rest, ldx, panel, out, ldc, columns, k); break;
    case 1: panel_tile(1, rest, ldx, panel, out, ldc, columns, k); break;
    default: break;
    }
  }
}
