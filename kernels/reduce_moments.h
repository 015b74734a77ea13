/* Template: var and std. Partial results are the mean (MEAN, double or double _Complex) and the sum of squared distances from it (double), merged by Chan's formula. */

static void FN(var_init)(int64_t n, void *const field[]) {
    MEAN *mean = field[0];
    double *squares = field[1];
    for (int64_t j = 0; j < n; j++) {
        mean[j] = 0;
        squares[j] = 0;
    }
}

/* The sum of n elements, which are kept as they are summed. */
static inline MEAN FN(widen)(MEAN wide[], const T x[], int64_t n) {
    MEAN lane[ASH_LANES] = { 0 };
    int64_t i = 0;
    for (; i + ASH_LANES <= n; i += ASH_LANES)
        for (int l = 0; l < ASH_LANES; l++)
            lane[l] += wide[i + l] = (MEAN)x[i + l];
    for (int l = 0; i + l < n; l++)
        lane[l] += wide[i + l] = (MEAN)x[i + l];
    ASH_UNROLLED
    for (int half = ASH_LANES / 2; half > 0; half /= 2)
        for (int l = 0; l < half; l++)
            lane[l] += lane[l + half];
    return lane[0];
}

/* In two passes: the mean, then the distances. */
static void FN(var_leaf)(void *const field[], const void *elements, int64_t n, int64_t index) {
    MEAN wide[ASH_BLOCK];
    const MEAN mean = MEAN_OVER(FN(widen)(wide, elements, n), n);
    double lane[ASH_LANES] = { 0 };
    int64_t i = 0;
    (void)index;
    for (; i + ASH_LANES <= n; i += ASH_LANES)
        for (int l = 0; l < ASH_LANES; l++)
            lane[l] += SQUARE(wide[i + l] - mean);
    for (int l = 0; i + l < n; l++)
        lane[l] += SQUARE(wide[i + l] - mean);
    ASH_UNROLLED
    for (int half = ASH_LANES / 2; half > 0; half /= 2)
        for (int l = 0; l < half; l++)
            lane[l] += lane[l + half];
    *(MEAN *)field[0] = mean;
    *(double *)field[1] = lane[0];
}

/* One more element; `share` is one over how many there are with it. */
static inline void FN(var_step)(MEAN *mean, double *squares, MEAN x, double share) {
    const MEAN before = x - *mean;
    *mean += MEAN_TIMES(before, share);
    *squares += MEAN_DOT(before, x - *mean);
}

static void FN(var_rows)(int64_t n, void *const field[], const void *elements, int64_t rows, int64_t stride, int64_t count, int64_t index) {
    const char *x = elements;
    MEAN *mean = field[0];
    double *squares = field[1];
    (void)index;
    for (; rows >= ROWS; rows -= ROWS, x += ROWS * stride, count += ROWS) {
        const T *x0 = ROW(x, 0), *x1 = ROW(x, 1), *x2 = ROW(x, 2), *x3 = ROW(x, 3);
        const double share0 = 1.0 / (double)(count + 1), share1 = 1.0 / (double)(count + 2), share2 = 1.0 / (double)(count + 3),
                     share3 = 1.0 / (double)(count + 4);
        for (int64_t begin = 0; begin < n; begin += STRIP) {
            const int64_t end = n - begin < STRIP ? n : begin + STRIP;
            fetch_rows((const char *)(x0 + begin), stride, (end - begin) * (int64_t)sizeof(T));
            ASH_INDEPENDENT
            for (int64_t j = begin; j < end; j++) {
                MEAN m = mean[j];
                double s = squares[j];
                FN(var_step)(&m, &s, (MEAN)x0[j], share0);
                FN(var_step)(&m, &s, (MEAN)x1[j], share1);
                FN(var_step)(&m, &s, (MEAN)x2[j], share2);
                FN(var_step)(&m, &s, (MEAN)x3[j], share3);
                mean[j] = m;
                squares[j] = s;
            }
        }
    }
    for (; rows > 0; rows--, x += stride, count++) {
        const T *x0 = ROW(x, 0);
        const double share = 1.0 / (double)(count + 1);
        ASH_INDEPENDENT
        for (int64_t j = 0; j < n; j++)
            FN(var_step)(&mean[j], &squares[j], (MEAN)x0[j], share);
    }
}

static void FN(var_merge)(int64_t n, void *const a[], const void *const b[], int64_t count_a, int64_t count_b) {
    MEAN *mean = a[0];
    double *squares = a[1];
    const MEAN *other_mean = b[0];
    const double *other_squares = b[1];
    const double share = (double)count_b / (double)(count_a + count_b), weight = (double)count_a * share;
    ASH_INDEPENDENT
    for (int64_t j = 0; j < n; j++) {
        const MEAN distance = other_mean[j] - mean[j];
        mean[j] += MEAN_TIMES(distance, share);
        squares[j] += other_squares[j] + SQUARE(distance) * weight;
    }
}

static void FN(var_finish)(int64_t n, void *out, const void *const field[], int64_t count, const ash_reduce_parameter *parameter) {
    const double *squares = field[1];
    REAL_OUT *result = out;
    for (int64_t j = 0; j < n; j++)
        result[j] = (REAL_OUT)settle_real(variance(squares[j], (double)count, parameter->ddof));
}

static void FN(std_finish)(int64_t n, void *out, const void *const field[], int64_t count, const ash_reduce_parameter *parameter) {
    const double *squares = field[1];
    REAL_OUT *result = out;
    for (int64_t j = 0; j < n; j++)
        result[j] = (REAL_OUT)settle_real(sqrt(variance(squares[j], (double)count, parameter->ddof)));
}
