/* Template: searching sorted tables of one dtype. NaN comes after everything, and NaN are equal to one another here. */

static inline int FN(precedes)(T a, T b) {
#if DTYPE_KIND == 'f'
    return a < b || (a == a && b != b);
#else
    return a < b;
#endif
}

/* How many elements come before x; with `right`, those equal to it too. Halving without branches on what is compared. */
static inline int64_t FN(places_before)(const T *table, int64_t n, T x, int right) {
    const T *base = table;
    if (n == 0)
        return 0;
    while (n > 1) {
        const int64_t half = n / 2;
        const int before = right ? !FN(precedes)(x, base[half - 1]) : FN(precedes)(base[half - 1], x);
        base += before ? half : 0;
        n -= half;
    }
    return base - table + (right ? !FN(precedes)(x, *base) : FN(precedes)(*base, x));
}

static void FN(search)(int64_t n, void *const out[], const void *const in[], const void *parameter) {
    const ash_lookup *t = parameter;
    const T *table = (const T *)(t + 1), *x = in[0];
    int64_t *to = out[0];
    for (int64_t i = 0; i < n; i++) {
        const int64_t before = FN(places_before)(table, t->n, x[i], t->right);
        to[i] = t->invert ? t->n - before : before;
    }
}

static void FN(isin)(int64_t n, void *const out[], const void *const in[], const void *parameter) {
    const ash_lookup *t = parameter;
    const T *table = (const T *)(t + 1), *x = in[0];
    uint8_t *to = out[0];
    for (int64_t i = 0; i < n; i++) {
        const int64_t before = FN(places_before)(table, t->n, x[i], 0);
        const int found = before < t->n && table[before] == x[i];
        to[i] = (uint8_t)(found != t->invert);
    }
}
