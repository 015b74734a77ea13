/* Template: the product of two matrices. Every element of the result gets its terms in order, each rounded before it is added, so that its bits do not depend
 * on how the loops go; rows of the result are worked on in strips that stay in the first cache. A product with a column is a dot product for each row, its terms
 * in lanes as those of other sums. */
#if DTYPE_KIND == 'b'
#define PLUS(x, y) ((x) | (y))
#define TIMES(x, y) ((x) & (y))
#elif DTYPE_KIND == 'i' || DTYPE_KIND == 'u'
#define PLUS(x, y) (T)((U)(x) + (U)(y))
#define TIMES(x, y) (T)((U)(x) * (U)(y))
#else
#define PLUS(x, y) ((x) + (y))
#define TIMES(x, y) ASH_ROUNDED((x) * (y))
#endif

/* What the lanes of a sum come to. */
static T FN(product_fold)(T lane[ASH_LANES]) {
    for (int half = ASH_LANES / 2; half > 0; half /= 2) {
        for (int j = 0; j < half; j++) {
            lane[j] = PLUS(lane[j], lane[j + half]);
        }
    }
    return lane[0];
}

/* Products of n rows, at most four, with a column: several streams are read faster than one. */
static void FN(product_column)(int n, int64_t k, const T *a, int64_t lda, const T *b, T *c) {
    T lane[4][ASH_LANES] = { { 0 } }, *lane0 = lane[0], *lane1 = lane[1], *lane2 = lane[2], *lane3 = lane[3];
    const T *a0 = a, *a1 = a + (n > 1 ? lda : 0), *a2 = a + (n > 2 ? 2 * lda : 0), *a3 = a + (n > 3 ? 3 * lda : 0);
    for (int64_t l = 0; l < k; l += ASH_LANES) {
        const int terms = k - l < ASH_LANES ? (int)(k - l) : ASH_LANES;
        ASH_INDEPENDENT
        for (int j = 0; j < terms; j++) {
            const T factor = b[l + j];
            lane0[j] = PLUS(lane0[j], TIMES(a0[l + j], factor));
            lane1[j] = PLUS(lane1[j], TIMES(a1[l + j], factor));
            lane2[j] = PLUS(lane2[j], TIMES(a2[l + j], factor));
            lane3[j] = PLUS(lane3[j], TIMES(a3[l + j], factor));
        }
    }
    for (int i = 0; i < n; i++)
        c[i] = PLUS(c[i], FN(product_fold)(lane[i]));
}

/* The same of a row alone, which need not share its lanes with others. */
static void FN(product_dot)(int64_t k, const T *a, const T *b, T *c) {
    T lane[ASH_LANES] = { 0 };
    int64_t l = 0;
    for (; l + ASH_LANES <= k; l += ASH_LANES) {
        ASH_INDEPENDENT
        for (int j = 0; j < ASH_LANES; j++)
            lane[j] = PLUS(lane[j], TIMES(a[l + j], b[l + j]));
    }
    for (int j = 0; l + j < k; j++)
        lane[j] = PLUS(lane[j], TIMES(a[l + j], b[l + j]));
    *c = PLUS(*c, FN(product_fold)(lane));
}

static void FN(product_rows)(int64_t m, int64_t n, int64_t k, const T *a, int64_t lda, const T *b, int64_t ldb, T *c) {
    enum { STRIP = 4096 / sizeof(T) };
    for (int64_t begin = 0; begin < n; begin += STRIP) {
        const int64_t columns = n - begin < STRIP ? n - begin : STRIP;
        for (int64_t i = 0; i < m; i++) {
            T *row = c + i * n + begin;
            for (int64_t l = 0; l < k; l++) {
                const T factor = a[i * lda + l], *other = b + l * ldb + begin;
                ASH_INDEPENDENT
                for (int64_t j = 0; j < columns; j++)
                    row[j] = PLUS(row[j], TIMES(factor, other[j]));
            }
        }
    }
}

static void FN(product)(
    int64_t m, int64_t n, int64_t k, const void *left, int64_t lda, const void *right, int64_t ldb, void *result, int more) {
    const T *a = left;
    T *c = result;
    if (!more)
        memset(c, 0, (size_t)(m * n) * sizeof *c);
    if (n > 1) {
        FN(product_rows)(m, n, k, a, lda, right, ldb, c);
        return;
    }
    if (m == 1)
        FN(product_dot)(k, a, right, c);
    for (int64_t i = 0; i < m && m > 1; i += 4)
        FN(product_column)(m - i < 4 ? (int)(m - i) : 4, k, a + i * lda, lda, right, c + i);
}

#undef PLUS
#undef TIMES
