// Products by a weight that was laid out in panels beforehand, and the gradient of a weight.

// Rows of x that stay in the cache while all of w passes by.
#define CK_BLOCK 132

static void NAME(panel_multiply)(const float *x, size_t ldx, const float *panels,
                                 const float *bias, const float *add, float *c, size_t ldc,
                                 size_t m, size_t n, size_t k) {
  const tile_job t = {.row = ldx, .step = 1, .ldw = CK_PANEL, .ldc = ldc, .k = k};
  for (size_t i = 0; i < m; i += CK_BLOCK) {
    const size_t rows = m - i < CK_BLOCK ? m - i : CK_BLOCK;
    for (size_t j = 0; j < n; j += CK_COLUMNS)
      NAME(multiply_columns)(&t, x + i * ldx, panels + j / CK_PANEL * CK_PANEL * k + j % CK_PANEL,
                             bias ? bias + j : 0, add ? add + i * ldc + j : 0, c + i * ldc + j,
                             rows, n - j < CK_COLUMNS ? n - j : CK_COLUMNS);
  }
}

// Columns of x that are copied at a time: a cache line of each row.
#define CK_LINE 16

// Rows come in blocks, of which y's columns are copied into panels and x's columns line by line: rows
// that lie a power of two apart would evict each other from the cache.
static void NAME(add_outer_products)(const float *x, size_t ldx, const float *y, size_t ldy,
                                     float *c, size_t ldc, size_t rows, size_t m, size_t n,
                                     float *scratch) {
  float *lines = scratch, *panels = scratch + CK_OUTER_BLOCK * CK_LINE;
  for (size_t r = 0; r < rows; r += CK_OUTER_BLOCK) {
    const size_t k = rows - r < CK_OUTER_BLOCK ? rows - r : CK_OUTER_BLOCK;
    const tile_job t = {.row = 1, .step = CK_LINE, .ldw = CK_COLUMNS, .ldc = ldc, .k = k};
    for (size_t p = 0; p < k; p++)
      for (size_t j = 0; j < n; j += CK_COLUMNS)
        memcpy(panels + j * k + p * CK_COLUMNS, y + (r + p) * ldy + j,
               (n - j < CK_COLUMNS ? n - j : CK_COLUMNS) * sizeof(float));
    const float *from = x + r * ldx;
    for (size_t i = 0; i < m; i += CK_LINE, from += CK_LINE) {
      const size_t height = m - i < CK_LINE ? m - i : CK_LINE;
      if (height == CK_LINE) {
        for (size_t p = 0; p < k; p++)
          memcpy(lines + p * CK_LINE, from + p * ldx, CK_LINE * sizeof(float));
      } else {
        for (size_t p = 0; p < k; p++)
          memcpy(lines + p * CK_LINE, from + p * ldx, height * sizeof(float));
      }
      if (i + CK_LINE < m)
        for (size_t p = 0; p < k; p++) __builtin_prefetch(from + p * ldx + CK_LINE, 0, 2);
      for (size_t j = 0; j < n; j += CK_COLUMNS)
        NAME(multiply_columns)(&t, lines, panels + j * k, 0, c + i * ldc + j, c + i * ldc + j,
                               height, n - j < CK_COLUMNS ? n - j : CK_COLUMNS);
    }
  }
}
