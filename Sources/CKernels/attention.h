// Attention of a segment, forward and backward, and of a single query.
//
// Scores are made for blocks of CK_QUERIES queries and made again in the backward pass (Dao et al. 2022,
// arXiv 2205.14135): of each query only the log of the sum of exponentials is kept.

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

INLINE float *column_place(float *out, size_t j, size_t d) {
  return out + j / CK_COLUMNS * CK_COLUMNS * d + j % CK_COLUMNS;
}

// Four rows become four columns.
INLINE void turn_four(const float *x, size_t ldx, float *out, size_t d) {
  size_t p = 0;
  for (; p + 4 <= d; p += 4) {
    v4 a, b, c, e;
    memcpy(&a, x + p, sizeof a);
    memcpy(&b, x + ldx + p, sizeof b);
    memcpy(&c, x + 2 * ldx + p, sizeof c);
    memcpy(&e, x + 3 * ldx + p, sizeof e);
    const v4 ab = __builtin_shufflevector(a, b, 0, 4, 1, 5);
    const v4 ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
    const v4 ce = __builtin_shufflevector(c, e, 0, 4, 1, 5);
    const v4 ce_high = __builtin_shufflevector(c, e, 2, 6, 3, 7);
    const v4 columns[4] = {
        __builtin_shufflevector(ab, ce, 0, 1, 4, 5),
        __builtin_shufflevector(ab, ce, 2, 3, 6, 7),
        __builtin_shufflevector(ab_high, ce_high, 0, 1, 4, 5),
        __builtin_shufflevector(ab_high, ce_high, 2, 3, 6, 7),
    };
    for (size_t i = 0; i < 4; i++) memcpy(out + (p + i) * CK_COLUMNS, &columns[i], sizeof(v4));
  }
  for (; p < d; p++)
    for (size_t i = 0; i < 4; i++) out[p * CK_COLUMNS + i] = x[i * ldx + p];
}

// Rows of x [n][d], a stride of ldx apart, become columns of out in panels [columns / CK_COLUMNS][d]
// [CK_COLUMNS], from column `first` on.
static void NAME(turn)(const float *x, size_t ldx, float *out, size_t first, size_t n, size_t d) {
  size_t i = 0;
  while (i < n) {
    float *column = column_place(out, first + i, d);
    const float *row = x + i * ldx;
    if ((first + i) % 4 == 0 && n - i >= 4) {
      turn_four(row, ldx, column, d);
      i += 4;
    } else {
      for (size_t p = 0; p < d; p++) column[p * CK_COLUMNS] = row[p];
      i++;
    }
  }
}

// Rows side by side, out [prefix + own][d]: where they lie, a power of two or nearly so apart, they would
// evict each other from the cache.
static void NAME(gather_rows)(const float *prefix, size_t prefix_count, const float *own,
                              size_t own_count, size_t ld, float *out, size_t d) {
  for (size_t i = 0; i < prefix_count; i++, out += d)
    memcpy(out, prefix + i * ld, d * sizeof(float));
  for (size_t i = 0; i < own_count; i++, out += d) memcpy(out, own + i * ld, d * sizeof(float));
}

INLINE size_t whole_panels(size_t columns) {
  return (columns + CK_COLUMNS - 1) / CK_COLUMNS * CK_COLUMNS;
}

// Keys or values as columns, zeros behind the last one.
static void NAME(turn_all)(const float *prefix, size_t prefix_count, const float *own,
                           size_t own_count, size_t ld, float *out, size_t d) {
  const size_t count = prefix_count + own_count, all = whole_panels(count);
  if (count < all) memset(out + (all - CK_COLUMNS) * d, 0, CK_COLUMNS * d * sizeof(float));
  NAME(turn)(prefix, ld, out, 0, prefix_count, d);
  NAME(turn)(own, ld, out, prefix_count, own_count, d);
}

// Queries that are looked at together: what they see differs by fewer than this.
#define CK_GROUP 12

// The part of a block that a group of its queries sees.
typedef struct {
  // Queries [first, first + count) of the block, and keys [0, seen) of prefix and segment.
  size_t first, count, seen;
} query_group;

INLINE query_group group_of(size_t first, size_t block, size_t before) {
  const size_t count = block - first < CK_GROUP ? block - first : CK_GROUP;
  return (query_group){first, count, before + first + count};
}

// out = x w of a group's rows with turned keys or values, for the columns that are seen.
static void NAME(group_products)(const ck_attention *a, query_group g, const float *x, size_t ldx,
                                 const float *turned, float *out, size_t ld) {
  const tile_job t = {.row = ldx, .step = 1, .ldw = CK_COLUMNS, .ldc = ld, .k = a->d};
  for (size_t j = 0; j < g.seen; j += CK_COLUMNS) {
    size_t columns = g.seen - j < CK_COLUMNS ? g.seen - j : CK_COLUMNS;
    columns = (columns + CK_LANES - 1) / CK_LANES * CK_LANES;
    NAME(multiply_columns)(&t, x, turned + j * a->d, 0, 0, out + g.first * ld + j, g.count,
                           columns);
  }
}

// out [rows][d] = weights of a group times gathered keys or values.
static void NAME(group_sums)(const ck_attention *a, query_group g, const float *weights,
                             size_t ld, const float *gathered, float *out, size_t ldo) {
  const tile_job t = {.row = ld, .step = 1, .ldw = a->d, .ldc = ldo, .k = g.seen};
  NAME(multiply)(&t, weights + g.first * ld, gathered, 0, out, g.count, a->d);
}

INLINE vi lane_numbers(void) {
#if CK_LANES == 16
  return (vi){0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
#elif CK_LANES == 8
  return (vi){0, 1, 2, 3, 4, 5, 6, 7};
#else
  return (vi){0, 1, 2, 3};
#endif
}

// The lanes from element `first` on of which the row has none: `count` exist.
INLINE vi missing_lanes(size_t first, size_t count) {
  return lane_numbers() >= (int32_t)count - (int32_t)first;
}

// What rows of a group have in common: as many vectors as the last one needs, so that no loop ends by
// surprise; behind a row's own elements the vectors are filled.
INLINE size_t whole_vectors(size_t count) { return (count + CK_LANES - 1) / CK_LANES * CK_LANES; }

// s = softmax of scale * s over the first `count` elements, zeros from there to `end`, a multiple of
// CK_LANES. The log of the sum of exponentials is returned.
INLINE float softmax_row(float *s, float scale, size_t count, size_t end) {
  vf largest = splat(-INFINITY);
  for (size_t j = 0; j < end; j += CK_LANES) {
    const vf x = select_(missing_lanes(j, count), splat(-INFINITY), load(s + j));
    store(s + j, x);
    largest = larger(x, largest);
  }
  const float shift = scale * max_lanes(largest);
  const vf a = splat(scale), b = splat(-shift);
  vf sum = splat(0);
  for (size_t j = 0; j < end; j += CK_LANES) {
    const vf e = exp_(fma_(a, load(s + j), b));
    store(s + j, e);
    sum += e;
  }
  const float all = sum_lanes(sum);
  const vf factor = splat(1.0f / all);
  for (size_t j = 0; j < end; j += CK_LANES) store(s + j, load(s + j) * factor);
  return shift + logf(all);
}

static void NAME(attend)(const ck_attention *a) {
  const size_t d = a->d, all = whole_panels(a->prefix + a->n);
  float *turned = a->scratch, *values = turned + all * d, *scores = values + all * d;
  NAME(turn_all)(a->prefix_keys, a->prefix, a->keys, a->n, a->ld, turned, d);
  NAME(gather_rows)(a->prefix_values, a->prefix, a->values, a->n, a->ld, values, d);
  for (size_t start = 0; start < a->n; start += CK_QUERIES) {
    const size_t n = a->n - start < CK_QUERIES ? a->n - start : CK_QUERIES;
    for (size_t first = 0; first < n; first += CK_GROUP) {
      const query_group g = group_of(first, n, a->prefix + start);
      const float *queries = a->queries + (start + first) * a->ld;
      const size_t end = whole_vectors(g.seen);
      NAME(group_products)(a, g, queries, a->ld, turned, scores, all);
      for (size_t i = first; i < first + g.count; i++)
        a->sums[(start + i) * a->sum_stride] =
            softmax_row(scores + i * all, a->scale, a->prefix + start + i + 1, end);
      NAME(group_sums)(a, g, scores, all, values, a->out + (start + first) * a->ldo, a->ldo);
    }
  }
}

// p = exp(scale * p - lse) and dp = scale * p * (dp - delta) over the first `count` elements, zeros
// from there to `end`, a multiple of CK_LANES.
INLINE void softmax_slope_row(float *p, float *dp, float scale, float lse, float delta,
                              size_t count, size_t end) {
  const vf a = splat(scale), b = splat(-lse), c = splat(delta);
  for (size_t j = 0; j < end; j += CK_LANES) {
    const vi missing = missing_lanes(j, count);
    const vf e = select_(missing, splat(0), exp_(fma_(a, load(p + j), b)));
    store(p + j, e);
    store(dp + j, select_(missing, splat(0), a * e * (load(dp + j) - c)));
  }
}

INLINE float dot(const float *x, const float *y, size_t d) {
  vf sum = splat(0);
  size_t j = 0;
  for (; j + CK_LANES <= d; j += CK_LANES) sum = fma_(load(x + j), load(y + j), sum);
  if (j < d) sum = fma_(load_some(x + j, d - j, 0), load_some(y + j, d - j, 0), sum);
  return sum_lanes(sum);
}

// out [keys][d] = or += columns of a block's weights times the block's gathered rows.
static void NAME(key_sums)(const ck_attention *a, const float *weights, size_t ld, const float *rows,
                           float *prefix_out, float *out, int adds, size_t start, size_t n) {
  tile_job t = {.row = 1, .step = ld, .ldw = a->d, .ldc = a->ld, .k = n};
  NAME(multiply)(&t, weights, rows, prefix_out, prefix_out, a->prefix, a->d);
  const size_t end = start + n;
  for (size_t j = 0; j < end; j += CK_GROUP) {
    // Queries before key j do not see it.
    const size_t first = j > start ? j - start : 0;
    const size_t count = end - j < CK_GROUP ? end - j : CK_GROUP;
    t.k = n - first;
    NAME(multiply)(&t, weights + first * ld + a->prefix + j, rows + first * a->d,
                   adds ? out + j * a->ld : 0, out + j * a->ld, count, a->d);
  }
}

static void NAME(attend_backward)(const ck_attention *a) {
  const size_t d = a->d, all = whole_panels(a->prefix + a->n);
  float *keys = a->scratch, *values = keys + all * d;
  float *rows = values + all * d, *some = rows + all * d;
  float *probabilities = some + CK_QUERIES * d, *slopes = probabilities + CK_QUERIES * all;
  NAME(turn_all)(a->prefix_keys, a->prefix, a->keys, a->n, a->ld, keys, d);
  NAME(turn_all)(a->prefix_values, a->prefix, a->values, a->n, a->ld, values, d);
  NAME(gather_rows)(a->prefix_keys, a->prefix, a->keys, a->n, a->ld, rows, d);
  // The last block sees all keys, so it can be the one that sets rather than adds.
  int adds = a->adds;
  for (size_t start = (a->n - 1) / CK_QUERIES * CK_QUERIES;; start -= CK_QUERIES) {
    const size_t n = a->n - start < CK_QUERIES ? a->n - start : CK_QUERIES;
    const float *queries = a->queries + start * a->ld, *down = a->dout + start * a->ldo;
    for (size_t first = 0; first < n; first += CK_GROUP) {
      const query_group g = group_of(first, n, a->prefix + start);
      NAME(group_products)(a, g, queries + first * a->ld, a->ld, keys, probabilities, all);
      NAME(group_products)(a, g, down + first * a->ldo, a->ldo, values, slopes, all);
      // As far as a group of keys reaches beyond the queries' group.
      const size_t reach = g.seen + CK_GROUP < all ? g.seen + CK_GROUP : all;
      const size_t end = whole_vectors(reach);
      for (size_t i = first; i < first + g.count; i++) {
        const float delta = dot(down + i * a->ldo, a->out + (start + i) * a->ldo, d);
        softmax_slope_row(probabilities + i * all, slopes + i * all, a->scale,
                          a->sums[(start + i) * a->sum_stride], delta,
                          a->prefix + start + i + 1, end);
      }
      NAME(group_sums)(a, g, slopes, all, rows, a->dqueries + (start + first) * a->ld, a->ld);
    }
    NAME(gather_rows)(0, 0, down, n, a->ldo, some, d);
    NAME(key_sums)(a, probabilities, all, some, a->dprefix_values, a->dvalues, adds, start, n);
    NAME(gather_rows)(0, 0, queries, n, a->ld, some, d);
    NAME(key_sums)(a, slopes, all, some, a->dprefix_keys, a->dkeys, adds, start, n);
    adds = 1;
    if (start == 0) break;
  }
}

// Sums of rows of values, weighted, for some vectors of columns.
INLINE void value_sums(size_t vectors, const float *weights, const float *values, size_t ld,
                       float factor, float *out, size_t t) {
  vf sums[4][2];
  UNROLLED for (size_t s = 0; s < 4; s++)
    UNROLLED for (size_t v = 0; v < vectors; v++) sums[s][v] = splat(0);
  size_t i = 0;
  for (; i + 4 <= t; i += 4, values += 4 * ld)
    UNROLLED for (size_t s = 0; s < 4; s++)
      UNROLLED for (size_t v = 0; v < vectors; v++)
        sums[s][v] = fma_(splat(weights[i + s]), load(values + s * ld + v * CK_LANES), sums[s][v]);
  for (; i < t; i++, values += ld)
    UNROLLED for (size_t v = 0; v < vectors; v++)
      sums[0][v] = fma_(splat(weights[i]), load(values + v * CK_LANES), sums[0][v]);
  UNROLLED for (size_t v = 0; v < vectors; v++)
    store(out + v * CK_LANES,
          ((sums[0][v] + sums[1][v]) + (sums[2][v] + sums[3][v])) * splat(factor));
}

// Keys are gone through once for all heads, as they lie in memory; of values each head goes through its
// own columns. Four independent sums, or each addition would wait for the one before.
static void NAME(attend_one)(const ck_query *a) {
  const size_t t = a->t, d = a->d, width = a->kv_heads * d;
  const size_t all = (t + CK_KEYS - 1) / CK_KEYS * CK_KEYS;
  for (size_t j = 0; j < t; j += CK_LANES)
    for (size_t head = 0; head < a->heads; head++) {
      const float *query = a->query + head * d;
      const float *key = a->keys + j / CK_KEYS * CK_KEYS * width
                         + head * a->kv_heads / a->heads * d * CK_KEYS + j % CK_KEYS;
      vf s0 = splat(0), s1 = s0, s2 = s0, s3 = s0;
      size_t k = 0;
      for (; k + 4 <= d; k += 4, key += 4 * CK_KEYS) {
        s0 = fma_(splat(query[k]), load(key), s0);
        s1 = fma_(splat(query[k + 1]), load(key + CK_KEYS), s1);
        s2 = fma_(splat(query[k + 2]), load(key + 2 * CK_KEYS), s2);
        s3 = fma_(splat(query[k + 3]), load(key + 3 * CK_KEYS), s3);
      }
      for (; k < d; k++, key += CK_KEYS) s0 = fma_(splat(query[k]), load(key), s0);
      store(a->scores + head * all + j, (s0 + s1) + (s2 + s3));
    }
  for (size_t head = 0; head < a->heads; head++) {
    float *scores = a->scores + head * all, *out = a->out + head * d;
    const float shift = a->scale * row_maximum(scores, t);
    const float factor = 1.0f / exp_row(scores, a->scale, shift, scores, t);
    const float *values = a->values + head * a->kv_heads / a->heads * d;
    size_t k = 0;
    for (; k + 2 * CK_LANES <= d; k += 2 * CK_LANES)
      value_sums(2, scores, values + k, width, factor, out + k, t);
    for (; k + CK_LANES <= d; k += CK_LANES)
      value_sums(1, scores, values + k, width, factor, out + k, t);
    for (; k < d; k++) {
      float sum = 0;
      for (size_t i = 0; i < t; i++) sum += scores[i] * values[i * width + k];
      out[k] = sum * factor;
    }
  }
}
