/* Template: argmin, argmax and their nan forms. Set by the includer: POSITION, the name; EXTREME, the reduction that gives the value; BEFORE(x, y), whether x is better than y;
 * SKIPS, whether NaN is skipped. Partial results are the value and its index, -1 before there is one. Among equals, and among NaN, the lowest index counts. */
#define NAME(part) FN(ASH_PASTE(POSITION, part))
#if SKIPS
#define BEATS(x, y) BEFORE(x, y)
#define SAME(x, y) ((x) == (y))
#else
#define BEATS(x, y) (BEFORE(x, y) | (FN(isnan)(x) & !FN(isnan)(y)))
#define SAME(x, y) (((x) == (y)) | (FN(isnan)(x) & FN(isnan)(y)))
#endif
/* Whether x at index i takes the place of y at index k. */
#define TAKES(x, i, y, k) (((i) >= 0) & (((k) < 0) | BEATS(x, y) | (SAME(x, y) & ((i) < (k)))))

static void NAME(init)(int64_t n, void *const field[]) {
    T *value = field[0];
    int64_t *position = field[1];
    for (int64_t j = 0; j < n; j++) {
        value[j] = 0;
        position[j] = -1;
    }
}

static void NAME(leaf)(void *const field[], const void *elements, int64_t n, int64_t index) {
    const T *x = elements;
    T best;
    FN(ASH_PASTE(EXTREME, leaf))((void *[]){ &best }, x, n, 0);
    int32_t first = (int32_t)n;
    for (int32_t i = 0; i < (int32_t)n; i++) {
        const int32_t here = SAME(x[i], best) ? i : (int32_t)n;
        first = here < first ? here : first;
    }
    *(T *)field[0] = best;
    *(int64_t *)field[1] = first < n ? index + first : -1;
}

static void NAME(rows)(int64_t n, void *const field[], const void *elements, int64_t rows, int64_t stride, int64_t count, int64_t index) {
    const char *row = elements;
    T *value = field[0];
    int64_t *position = field[1];
    (void)count;
    for (; rows > 0; rows--, row += stride, index++) {
        const T *x = ROW(row, 0);
        ASH_INDEPENDENT
        for (int64_t j = 0; j < n; j++) {
            const int64_t i = SKIPS && FN(isnan)(x[j]) ? -1 : index;
            const int takes = TAKES(x[j], i, value[j], position[j]);
            value[j] = takes ? x[j] : value[j];
            position[j] = takes ? i : position[j];
        }
    }
}

static void NAME(merge)(int64_t n, void *const a[], const void *const b[], int64_t count_a, int64_t count_b) {
    T *value = a[0];
    int64_t *position = a[1];
    const T *other = b[0];
    const int64_t *other_position = b[1];
    (void)count_a, (void)count_b;
    ASH_INDEPENDENT
    for (int64_t j = 0; j < n; j++) {
        const int takes = TAKES(other[j], other_position[j], value[j], position[j]);
        value[j] = takes ? other[j] : value[j];
        position[j] = takes ? other_position[j] : position[j];
    }
}

static void NAME(finish)(int64_t n, void *out, const void *const field[], int64_t count, const ash_reduce_parameter *parameter) {
    (void)count, (void)parameter;
    memcpy(out, field[1], (size_t)n * sizeof(int64_t));
}

#undef NAME
#undef POSITION
#undef EXTREME
#undef BEFORE
#undef SKIPS
#undef BEATS
#undef SAME
#undef TAKES
