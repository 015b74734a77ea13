/* Template: min, max and their nan forms. Set by the includer: EXTREME, the name; BEST(a, b), the better one; WORST, what loses against everything. The order of folding does
 * not matter: where it could (zeros of both signs, different NaN) finish makes the results equal. */
#define NAME(part) FN(ASH_PASTE(EXTREME, part))

static void NAME(init)(int64_t n, void *const field[]) {
    T *cell = field[0];
    for (int64_t j = 0; j < n; j++)
        cell[j] = WORST;
}

/* Halves the elements until one is left: every pass is a loop over separate pairs. */
static void NAME(leaf)(void *const field[], const void *elements, int64_t n, int64_t index) {
    const T *x = elements;
    T best[ASH_BLOCK / 2 + 1];
    int64_t half = n / 2;
    (void)index;
    ASH_INDEPENDENT
    for (int64_t i = 0; i < half; i++)
        best[i] = BEST(x[i], x[n - half + i]);
    if (n % 2 != 0)
        best[half] = x[half];
    for (n -= half; n > 1; n -= half) {
        half = n / 2;
        ASH_INDEPENDENT
        for (int64_t i = 0; i < half; i++)
            best[i] = BEST(best[i], best[n - half + i]);
    }
    *(T *)field[0] = best[0];
}

static void NAME(rows)(int64_t n, void *const field[], const void *elements, int64_t count, int64_t index) {
    const T *x = elements;
    T *cell = field[0];
    (void)count, (void)index;
    ASH_INDEPENDENT
    for (int64_t j = 0; j < n; j++)
        cell[j] = BEST(cell[j], x[j]);
}

static void NAME(merge)(int64_t n, void *const a[], const void *const b[], int64_t count_a, int64_t count_b) {
    T *cell = a[0];
    const T *other = b[0];
    (void)count_a, (void)count_b;
    ASH_INDEPENDENT
    for (int64_t j = 0; j < n; j++)
        cell[j] = BEST(cell[j], other[j]);
}

static void NAME(finish)(int64_t n, void *out, const void *const field[], int64_t count, const ash_reduce_parameter *parameter) {
    const T *cell = field[0];
    T *result = out;
    (void)parameter;
    for (int64_t j = 0; j < n; j++)
        result[j] = FN(settle_extreme)(cell[j], count);
}

#undef NAME
#undef EXTREME
#undef BEST
#undef WORST
