/* Template: var and std. Partial results are the mean (MEAN, double or double _Complex) and the sum of squared distances from it (double), merged by Chan's formula. The
 * leaf takes two passes: the mean, then the distances. */

static void FN(var_init)(int64_t n, void *const field[]) {
    MEAN *mean = field[0];
    double *squares = field[1];
    for (int64_t j = 0; j < n; j++) {
        mean[j] = 0;
        squares[j] = 0;
    }
}

static void FN(var_leaf)(void *const field[], const void *elements, int64_t n, int64_t index) {
    const T *x = elements;
    MEAN mean;
    FN(mean_leaf)((void *[]){ &mean }, x, n, index);
    mean = MEAN_OVER(mean, n);

    double lane[ASH_LANES] = { 0 };
    int64_t i = 0;
    for (; i + ASH_LANES <= n; i += ASH_LANES)
        for (int l = 0; l < ASH_LANES; l++)
            lane[l] += SQUARE((MEAN)x[i + l] - mean);
    for (int l = 0; i + l < n; l++)
        lane[l] += SQUARE((MEAN)x[i + l] - mean);
    for (int half = ASH_LANES / 2; half > 0; half /= 2)
        for (int l = 0; l < half; l++)
            lane[l] += lane[l + half];
    *(MEAN *)field[0] = mean;
    *(double *)field[1] = lane[0];
}

static void FN(var_rows)(int64_t n, void *const field[], const void *elements, int64_t count, int64_t index) {
    const T *x = elements;
    MEAN *mean = field[0];
    double *squares = field[1];
    const double share = 1.0 / (double)(count + 1);
    (void)index;
    ASH_INDEPENDENT
    for (int64_t j = 0; j < n; j++) {
        const MEAN before = (MEAN)x[j] - mean[j];
        const MEAN moved = mean[j] + MEAN_TIMES(before, share);
        squares[j] += MEAN_DOT(before, (MEAN)x[j] - moved);
        mean[j] = moved;
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
