// Products from register tiles: what attention and the products by packed weights are made of.

// Registers hold the sums of CK_ROWS(v) x v vectors, v vectors of w and an element of x.
#if CK_LANES == 16
#define CK_VECTORS 4
#define CK_ROWS(v) ((v) == 4 ? 6 : (v) == 3 ? 8 : 12)
#elif CK_LANES == 8
#define CK_VECTORS 2
#define CK_ROWS(v) ((v) == 2 ? 6 : 12)
#else
#define CK_VECTORS 2
#define CK_ROWS(v) ((v) == 2 ? 4 : 8)
#endif
#define CK_COLUMNS (CK_VECTORS * CK_LANES)

// Element p of row r of the left matrix is x[r * row + p * step], row p of the right one w + p * ldw.
typedef struct {
  size_t row, step, ldw, ldc, k;
  // Whether the sums go on from what c holds, instead of from 0.
  int resumes;
  // Whether c is asked for while the sums are made: a product's first write of it would wait.
  int fetches;
  // What is read after this job, asked for a cache line at a time, or NULL.
  const float *ahead;
} tile_job;

// Steps of k for each line that is asked for ahead, and the floats of a line.
#define CK_STEPS 4
#define CK_AHEAD 16

// Else the sums of a high tile would lie in memory.
#define UNROLLED _Pragma("clang loop unroll(full)")

// Adds one step of k to the sums of a tile.
INLINE void tile_step(size_t rows, size_t vectors, int isPartial, size_t last, size_t row,
                      const float *x, const float *w, vf (*sums)[4]) {
  vf b[4];
  UNROLLED for (size_t v = 0; v < vectors; v++)
    b[v] = isPartial && v + 1 == vectors ? load_some(w + v * CK_LANES, last, 0)
                                         : load(w + v * CK_LANES);
  UNROLLED for (size_t r = 0; r < rows; r++) {
    const vf a = splat(x[r * row]);
    UNROLLED for (size_t v = 0; v < vectors; v++) sums[r][v] = fma_(a, b[v], sums[r][v]);
  }
}

// c = x w + bias + add for a tile of constant size; `bias` and `add`, which lies as c does and may be
// c, can be NULL. `last` elements of each row's last vector exist when `isPartial`.
//
// Every sum runs over k in order, whatever the tile, so an element's bits do not depend on what is
// computed beside it; nor on whether a job resumes another.
INLINE void tile(size_t rows, size_t vectors, int isPartial, size_t last, const tile_job *t,
                 const float *x, const float *w, const float *bias, const float *add, float *c) {
#define LAST_VECTOR (isPartial && v + 1 == vectors)
#define EACH                                                                                  \
  UNROLLED for (size_t r = 0; r < rows; r++)                                                  \
    UNROLLED for (size_t v = 0; v < vectors; v++)
  const size_t row = t->row, step = t->step, ldw = t->ldw, ldc = t->ldc;
  vf sums[12][4];
  if (t->fetches) {
    EACH __builtin_prefetch(c + r * ldc + v * CK_LANES, 1, 3);
  }
  if (t->resumes) {
    EACH sums[r][v] = LAST_VECTOR ? load_some(c + r * ldc + v * CK_LANES, last, 0)
                                  : load(c + r * ldc + v * CK_LANES);
  } else {
    EACH sums[r][v] = splat(0);
  }
  // A line that is there already costs nothing to ask for.
  const float *ahead = t->ahead ? t->ahead : w;
  const size_t line = t->ahead ? CK_AHEAD : 0;
  size_t p = t->k;
  for (; p >= CK_STEPS; p -= CK_STEPS, ahead += line) {
    __builtin_prefetch(ahead, 0, 2);
    UNROLLED for (size_t s = 0; s < CK_STEPS; s++, x += step, w += ldw)
      tile_step(rows, vectors, isPartial, last, row, x, w, sums);
  }
  for (; p > 0; p--, x += step, w += ldw)
    tile_step(rows, vectors, isPartial, last, row, x, w, sums);
  if (bias) {
    EACH sums[r][v] += LAST_VECTOR ? load_some(bias + v * CK_LANES, last, 0)
                                   : load(bias + v * CK_LANES);
  }
  if (add) {
    EACH sums[r][v] += LAST_VECTOR ? load_some(add + r * ldc + v * CK_LANES, last, 0)
                                   : load(add + r * ldc + v * CK_LANES);
  }
  EACH {
    if (LAST_VECTOR)
      store_some(c + r * ldc + v * CK_LANES, sums[r][v], last);
    else
      store(c + r * ldc + v * CK_LANES, sums[r][v]);
  }
#undef EACH
#undef LAST_VECTOR
}

typedef void (*tile_function)(size_t last, const tile_job *t, const float *x, const float *w,
                              const float *bias, const float *add, float *c);
#define TILE_NAME(r, v, p) NAME(tile_##r##_##v##_##p)
#define TILE(r, v, p)                                                                         \
  static void TILE_NAME(r, v, p)(size_t last, const tile_job *t, const float *x,              \
                                 const float *w, const float *bias, const float *add,         \
                                 float *c) {                                                  \
    tile(r, v, p, last, t, x, w, bias, add, c);                                               \
  }
#define TILES_4(v, p) TILE(1, v, p) TILE(2, v, p) TILE(3, v, p) TILE(4, v, p)
#define TILES_8(v) TILE(5, v, 0) TILE(6, v, 0) TILE(7, v, 0) TILE(8, v, 0)
#define TILES_12(v) TILE(9, v, 0) TILE(10, v, 0) TILE(11, v, 0) TILE(12, v, 0)
#define NAMES_4(v, p) TILE_NAME(1, v, p), TILE_NAME(2, v, p), TILE_NAME(3, v, p), TILE_NAME(4, v, p)
#define NAMES_8(v) TILE_NAME(5, v, 0), TILE_NAME(6, v, 0), TILE_NAME(7, v, 0), TILE_NAME(8, v, 0)
#define NAMES_12(v) TILE_NAME(9, v, 0), TILE_NAME(10, v, 0), TILE_NAME(11, v, 0), TILE_NAME(12, v, 0)

TILES_4(1, 0) TILES_4(2, 0) TILES_4(1, 1) TILES_4(2, 1)
TILES_8(1)
#if CK_LANES >= 8
TILES_12(1) TILE(5, 2, 0) TILE(6, 2, 0)
#endif
#if CK_LANES == 16
TILE(7, 2, 0) TILE(8, 2, 0) TILES_12(2)
TILES_4(3, 0) TILES_4(3, 1) TILES_8(3)
TILES_4(4, 0) TILES_4(4, 1) TILE(5, 4, 0) TILE(6, 4, 0)
#endif

// By vectors, then rows.
static const tile_function NAME(whole_tiles)[4][12] = {
#if CK_LANES == 16
    {NAMES_4(1, 0), NAMES_8(1), NAMES_12(1)},
    {NAMES_4(2, 0), NAMES_8(2), NAMES_12(2)},
    {NAMES_4(3, 0), NAMES_8(3)},
    {NAMES_4(4, 0), TILE_NAME(5, 4, 0), TILE_NAME(6, 4, 0)},
#elif CK_LANES == 8
    {NAMES_4(1, 0), NAMES_8(1), NAMES_12(1)},
    {NAMES_4(2, 0), TILE_NAME(5, 2, 0), TILE_NAME(6, 2, 0)},
#else
    {NAMES_4(1, 0), NAMES_8(1)},
    {NAMES_4(2, 0)},
#endif
};
static const tile_function NAME(partial_tiles)[4][4] = {
    {NAMES_4(1, 1)},
    {NAMES_4(2, 1)},
#if CK_LANES == 16
    {NAMES_4(3, 1)},
    {NAMES_4(4, 1)},
#endif
};

// c = x w + bias + add for m rows and at most CK_COLUMNS columns.
static void NAME(multiply_columns)(const tile_job *t, const float *x, const float *w,
                                   const float *bias, const float *add, float *c, size_t m,
                                   size_t n) {
  if (m == 0 || n == 0) return;
  const size_t vectors = (n + CK_LANES - 1) / CK_LANES;
  const size_t last = n - (vectors - 1) * CK_LANES;
  const int isPartial = last < CK_LANES;
  const tile_function *tiles = isPartial ? NAME(partial_tiles)[vectors - 1]
                                         : NAME(whole_tiles)[vectors - 1];
  const size_t most = isPartial ? 4 : CK_ROWS(vectors);
  // Tiles of nearly equal height: a low one at the end would wait for its own sums.
  const size_t count = (m + most - 1) / most, height = m / count, taller = m % count;
  tile_job job = *t;
  for (size_t i = 0; i < count; i++) {
    const size_t rows = height + (i < taller);
    tiles[rows - 1](last, &job, x, w, bias, add, c);
    if (job.ahead) job.ahead += job.k / CK_STEPS * CK_AHEAD;
    x += rows * t->row;
    c += rows * t->ldc;
    if (add) add += rows * t->ldc;
  }
}

// The same for any number of columns.
static void NAME(multiply)(const tile_job *t, const float *x, const float *w, const float *add,
                           float *c, size_t m, size_t n) {
  for (size_t j = 0; j < n; j += CK_COLUMNS)
    NAME(multiply_columns)(t, x, w + j, 0, add ? add + j : 0, c + j, m,
                           n - j < CK_COLUMNS ? n - j : CK_COLUMNS);
}
