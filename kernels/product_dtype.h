/* Template: the product of two matrices. Every element of the result gets its terms in order, each rounded before it is added, so that its bits do not depend
 * on how the loops go; rows of the result are worked on in strips that stay in the first cache. */
#if DTYPE_KIND == 'b'
#define TERM(c, a, b) ((c) | ((a) & (b)))
#elif DTYPE_KIND == 'i' || DTYPE_KIND == 'u'
#define TERM(c, a, b) (T)((U)(c) + (U)(a) * (U)(b))
#else
#define TERM(c, a, b) ((c) + ASH_ROUNDED((a) * (b)))
#endif

static void FN(product)(int64_t m, int64_t n, int64_t k, const void *left, const void *right, void *result, int more) {
    enum { STRIP = 4096 / sizeof(T) };
    const T *a = left, *b = right;
    T *c = result;
    if (!more)
        memset(c, 0, (size_t)(m * n) * sizeof *c);
    for (int64_t begin = 0; begin < n; begin += STRIP) {
        const int64_t columns = n - begin < STRIP ? n - begin : STRIP;
        for (int64_t i = 0; i < m; i++) {
            T *row = c + i * n + begin;
            for (int64_t l = 0; l < k; l++) {
                const T factor = a[i * k + l], *other = b + l * n + begin;
                ASH_INDEPENDENT
                for (int64_t j = 0; j < columns; j++)
                    row[j] = TERM(row[j], factor, other[j]);
            }
        }
    }
}

#undef TERM
