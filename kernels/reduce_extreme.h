/* Template: min, max and their nan forms. Set by the includer: EXTREME, the name; BEST(a, b), the better one; WORST, what loses against everything. The order of folding does
 * not matter: where it could (zeros of both signs, different NaN) finish makes the results equal. */
#define NAME(part) FN(ASH_PASTE(EXTREME, part))

static void NAME(init)(int64_t n, void *const field[]) {
    T *cell = field[0];
    for (int64_t j = 0; j < n; j++)
        cell[j] = WORST;
}

/* In lanes that fill a few vectors; each pass is a loop over separate pairs. */
static void NAME(leaf)(void *const field[], const void *elements, int64_t n, int64_t index) {
    enum { LANES = 256 / sizeof(T) };
    const T *x = elements;
    T lane[LANES];
    int64_t i = LANES;
    (void)index;
    if (n < LANES) {
        T best = x[0];
        for (i = 1; i < n; i++)
            best = BEST(best, x[i]);
        *(T *)field[0] = best;
        return;
    }
    memcpy(lane, x, sizeof lane);
    for (; i + LANES <= n; i += LANES)
        for (int l = 0; l < LANES; l++)
            lane[l] = BEST(lane[l], x[i + l]);
    for (int l = 0; i + l < n; l++)
        lane[l] = BEST(lane[l], x[i + l]);
    ASH_UNROLLED
    for (int half = LANES / 2; half > 0; half /= 2) {
        ASH_INDEPENDENT
        for (int l = 0; l < half; l++)
            lane[l] = BEST(lane[l], lane[l + half]);
    }
    *(T *)field[0] = lane[0];
}

static void NAME(rows)(int64_t n, void *const field[], const void *elements, int64_t rows, int64_t stride, int64_t count, int64_t index) {
    const char *x = elements;
    T *cell = field[0];
    (void)count, (void)index;
    for (; rows >= ROWS; rows -= ROWS, x += ROWS * stride) {
        for (int64_t begin = 0; begin < n; begin += STRIP) {
            const int64_t end = n - begin < STRIP ? n : begin + STRIP;
            fetch_rows(x + begin * (int64_t)sizeof(T), stride, (end - begin) * (int64_t)sizeof(T));
            for (int r = 0; r < ROWS; r++) {
                const T *xr = ROW(x, r);
                ASH_INDEPENDENT
                for (int64_t j = begin; j < end; j++)
                    cell[j] = BEST(cell[j], xr[j]);
            }
        }
    }
    for (; rows > 0; rows--, x += stride) {
        const T *x0 = ROW(x, 0);
        ASH_INDEPENDENT
        for (int64_t j = 0; j < n; j++)
            cell[j] = BEST(cell[j], x0[j]);
    }
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
