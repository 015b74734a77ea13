/* Template: reductions whose partial result is one number of type A. Set by the includer:
 *   FOLD              name of the reduction          A, OUT      types of the partial and of the finished result
 *   IDENTITY          value of no elements           ORDERED     1 if the order of folding changes the result (floating arithmetic)
 *   ELEMENT(x)        an element as an A             COMBINE(a, b), RESULT(a, count)
 */
#define NAME(part) FN(ASH_PASTE(FOLD, part))

static void NAME(init)(int64_t n, void *const field[]) {
    A *cell = field[0];
    for (int64_t j = 0; j < n; j++)
        cell[j] = IDENTITY;
}

static void NAME(leaf)(void *const field[], const void *elements, int64_t n, int64_t index) {
    const T *x = elements;
    (void)index;
#if ORDERED
    A lane[ASH_LANES];
    int64_t i = 0;
    for (int l = 0; l < ASH_LANES; l++)
        lane[l] = IDENTITY;
    for (; i + ASH_LANES <= n; i += ASH_LANES)
        for (int l = 0; l < ASH_LANES; l++)
            lane[l] = COMBINE(lane[l], ELEMENT(x[i + l]));
    for (int l = 0; i + l < n; l++)
        lane[l] = COMBINE(lane[l], ELEMENT(x[i + l]));
    ASH_UNROLLED
    for (int half = ASH_LANES / 2; half > 0; half /= 2)
        for (int l = 0; l < half; l++)
            lane[l] = COMBINE(lane[l], lane[l + half]);
    *(A *)field[0] = lane[0];
#else
    A result = IDENTITY;
    for (int64_t i = 0; i < n; i++)
        result = COMBINE(result, ELEMENT(x[i]));
    *(A *)field[0] = result;
#endif
}

static void NAME(rows)(int64_t n, void *const field[], const void *elements, int64_t rows, int64_t stride, int64_t count, int64_t index) {
    const char *x = elements;
    A *cell = field[0];
    (void)count, (void)index;
    for (; rows >= ROWS; rows -= ROWS, x += ROWS * stride) {
        const T *x0 = ROW(x, 0), *x1 = ROW(x, 1), *x2 = ROW(x, 2), *x3 = ROW(x, 3);
        for (int64_t begin = 0; begin < n; begin += STRIP) {
            const int64_t end = n - begin < STRIP ? n : begin + STRIP;
            fetch_rows((const char *)(x0 + begin), stride, (end - begin) * (int64_t)sizeof(T));
            ASH_INDEPENDENT
            for (int64_t j = begin; j < end; j++) {
                const A two = COMBINE(COMBINE(cell[j], ELEMENT(x0[j])), ELEMENT(x1[j]));
                cell[j] = COMBINE(COMBINE(two, ELEMENT(x2[j])), ELEMENT(x3[j]));
            }
        }
    }
    for (; rows > 0; rows--, x += stride) {
        const T *x0 = ROW(x, 0);
        ASH_INDEPENDENT
        for (int64_t j = 0; j < n; j++)
            cell[j] = COMBINE(cell[j], ELEMENT(x0[j]));
    }
}

static void NAME(merge)(int64_t n, void *const a[], const void *const b[], int64_t count_a, int64_t count_b) {
    A *cell = a[0];
    const A *other = b[0];
    (void)count_a, (void)count_b;
    ASH_INDEPENDENT
    for (int64_t j = 0; j < n; j++)
        cell[j] = COMBINE(cell[j], other[j]);
}

static void NAME(finish)(int64_t n, void *out, const void *const field[], int64_t count, const ash_reduce_parameter *parameter) {
    const A *cell = field[0];
    OUT *result = out;
    (void)count, (void)parameter;
    for (int64_t j = 0; j < n; j++)
        result[j] = RESULT(cell[j], count);
}

#undef NAME
#undef FOLD
#undef A
#undef OUT
#undef IDENTITY
#undef ORDERED
#undef ELEMENT
#undef COMBINE
#undef RESULT
