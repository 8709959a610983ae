// Products by a weight that was laid out in panels beforehand, and the gradient of a weight.

// Rows of x that stay in the cache while all of w passes by.
#define CK_BLOCK 132
// Rows of a panel that stay in the first cache while those rows of x pass by.
#define CK_DEPTH 128

static void NAME(panel_multiply)(const float *x, size_t ldx, const float *panels,
                                 const float *bias, const float *add, float *c, size_t ldc,
                                 size_t m, size_t n, size_t k) {
  // Where a tile is as wide as a panel, the next part of it is asked for while this one is used.
  const int asks = CK_COLUMNS == CK_PANEL;
  // c holds unfinished sums between the parts, so what is added must not lie there.
  const size_t most = add == c ? k : CK_DEPTH;
  for (size_t i = 0; i < m; i += CK_BLOCK) {
    const size_t rows = m - i < CK_BLOCK ? m - i : CK_BLOCK;
    for (size_t j = 0; j < n; j += CK_COLUMNS) {
      const float *panel = panels + j / CK_PANEL * CK_PANEL * k + j % CK_PANEL;
      size_t p = 0;
      do {
        const size_t depth = k - p < most ? k - p : most;
        const int isLast = p + depth == k;
        const tile_job t = {
            .row = ldx, .step = 1, .ldw = CK_PANEL, .ldc = ldc, .k = depth,
            .resumes = p > 0, .fetches = p == 0,
            .ahead = asks ? panel + (p + depth) * CK_PANEL : 0,
        };
        NAME(multiply_columns)(&t, x + i * ldx + p, panel + p * CK_PANEL,
                               isLast && bias ? bias + j : 0,
                               isLast && add ? add + i * ldc + j : 0, c + i * ldc + j, rows,
                               n - j < CK_COLUMNS ? n - j : CK_COLUMNS);
        p += depth;
      } while (p < k);
    }
  }
}

// Columns of x of a tile: a cache line of each row.
#define CK_LINE 16
// Columns of x that are copied at a time: pages that lie far apart are not gone through for one line.
#define CK_LINES 64

// Rows come in blocks, of which y's columns are copied into panels and x's columns line by line: rows
// that lie a power of two apart would evict each other from the cache.
static void NAME(add_outer_part)(const float *x, size_t ldx, const float *y, size_t ldy, float *c,
                                 size_t ldc, size_t rows, size_t m, size_t n, float *scratch) {
  float *lines = scratch, *panels = scratch + CK_OUTER_BLOCK * CK_LINES;
  for (size_t r = 0; r < rows; r += CK_OUTER_BLOCK) {
    const size_t k = rows - r < CK_OUTER_BLOCK ? rows - r : CK_OUTER_BLOCK;
    const tile_job t = {
        .row = 1, .step = CK_LINE, .ldw = CK_COLUMNS, .ldc = ldc, .k = k, .fetches = 1};
    for (size_t p = 0; p < k; p++)
      for (size_t j = 0; j < n; j += CK_COLUMNS)
        memcpy(panels + j * k + p * CK_COLUMNS, y + (r + p) * ldy + j,
               (n - j < CK_COLUMNS ? n - j : CK_COLUMNS) * sizeof(float));
    for (size_t i = 0; i < m; i += CK_LINES) {
      const size_t width = m - i < CK_LINES ? m - i : CK_LINES;
      const float *from = x + r * ldx + i;
      for (size_t p = 0; p < k; p++, from += ldx) {
        size_t q = 0;
        for (; q + CK_LINE <= width; q += CK_LINE)
          memcpy(lines + q * k + p * CK_LINE, from + q, CK_LINE * sizeof(float));
        if (q < width)
          memcpy(lines + q * k + p * CK_LINE, from + q, (width - q) * sizeof(float));
      }
      for (size_t q = 0; q < width; q += CK_LINE) {
        const size_t height = width - q < CK_LINE ? width - q : CK_LINE;
        float *to = c + (i + q) * ldc;
        for (size_t j = 0; j < n; j += CK_COLUMNS)
          NAME(multiply_columns)(&t, lines + q * k, panels + j * k, 0, to + j, to + j, height,
                                 n - j < CK_COLUMNS ? n - j : CK_COLUMNS);
      }
    }
  }
}

// Elements of c that stay in the second cache while all rows pass by.
#define CK_OUTER_AREA (1 << 18)

static void NAME(add_outer_products)(const float *x, size_t ldx, const float *y, size_t ldy,
                                     float *c, size_t ldc, size_t rows, size_t m, size_t n,
                                     float *scratch) {
  const size_t across = n < 1024 ? n : 1024;
  if (across == 0) return;
  const size_t down = (CK_OUTER_AREA / across + CK_LINES - 1) / CK_LINES * CK_LINES;
  for (size_t j = 0; j < n; j += across)
    for (size_t i = 0; i < m; i += down)
      NAME(add_outer_part)(x + i, ldx, y + j, ldy, c + i * ldc + j, ldc, rows,
                           m - i < down ? m - i : down, n - j < across ? n - j : across, scratch);
}
