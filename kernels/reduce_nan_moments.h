/* Template: nanmean, nanvar and nanstd of floating and complex dtypes. How many elements were not NaN differs from cell to cell, so the count is a field: a double, which
 * vectorises with the others and is exact. nanmean: count and sum. nanvar: count, mean and squared distances, merged by Chan's formula. */

static void FN(nanmean_init)(int64_t n, void *const field[]) {
    double *valid = field[0];
    MEAN *sum = field[1];
    for (int64_t j = 0; j < n; j++) {
        valid[j] = 0;
        sum[j] = 0;
    }
}

static void FN(nanmean_leaf)(void *const field[], const void *elements, int64_t n, int64_t index) {
    const T *x = elements;
    int32_t valid = 0;
    for (int64_t i = 0; i < n; i++)
        valid += !FN(isnan)(x[i]);
    *(double *)field[0] = valid;
    FN(nansum_leaf)((void *[]){ field[1] }, x, n, index);
}

static void FN(nanmean_rows)(
    int64_t n, void *const field[], const void *elements, int64_t rows, int64_t stride, int64_t count, int64_t index) {
    const char *row = elements;
    double *valid = field[0];
    MEAN *sum = field[1];
    (void)count, (void)index;
    for (; rows > 0; rows--, row += stride) {
        const T *x = ROW(row, 0);
        ASH_INDEPENDENT
        for (int64_t j = 0; j < n; j++) {
            const int missing = FN(isnan)(x[j]);
            valid[j] += missing ? 0.0 : 1.0;
            sum[j] += (MEAN)(missing ? 0 : x[j]);
        }
    }
}

static void FN(nanmean_merge)(int64_t n, void *const a[], const void *const b[], int64_t count_a, int64_t count_b) {
    double *valid = a[0];
    MEAN *sum = a[1];
    const double *other_valid = b[0];
    const MEAN *other_sum = b[1];
    (void)count_a, (void)count_b;
    ASH_INDEPENDENT
    for (int64_t j = 0; j < n; j++) {
        valid[j] += other_valid[j];
        sum[j] += other_sum[j];
    }
}

static void FN(nanmean_finish)(int64_t n, void *out, const void *const field[], int64_t count, const ash_reduce_parameter *parameter) {
    const double *valid = field[0];
    const MEAN *sum = field[1];
    T *result = out;
    (void)count, (void)parameter;
    for (int64_t j = 0; j < n; j++)
        result[j] = (T)SETTLE(MEAN_OVER(sum[j], valid[j]));
}

static void FN(nanvar_init)(int64_t n, void *const field[]) {
    double *valid = field[0], *squares = field[2];
    MEAN *mean = field[1];
    for (int64_t j = 0; j < n; j++) {
        valid[j] = squares[j] = 0;
        mean[j] = 0;
    }
}

static void FN(nanvar_leaf)(void *const field[], const void *elements, int64_t n, int64_t index) {
    const T *x = elements;
    double valid;
    MEAN mean;
    FN(nanmean_leaf)((void *[]){ &valid, &mean }, x, n, index);
    if (valid > 0)
        mean = MEAN_OVER(mean, valid);

    double lane[ASH_LANES] = { 0 };
    int64_t i = 0;
    for (; i + ASH_LANES <= n; i += ASH_LANES)
        for (int l = 0; l < ASH_LANES; l++)
            lane[l] += FN(isnan)(x[i + l]) ? 0.0 : SQUARE((MEAN)x[i + l] - mean);
    for (int l = 0; i + l < n; l++)
        lane[l] += FN(isnan)(x[i + l]) ? 0.0 : SQUARE((MEAN)x[i + l] - mean);
    ASH_UNROLLED
    for (int half = ASH_LANES / 2; half > 0; half /= 2)
        for (int l = 0; l < half; l++)
            lane[l] += lane[l + half];
    *(double *)field[0] = valid;
    *(MEAN *)field[1] = mean;
    *(double *)field[2] = lane[0];
}

static void FN(nanvar_rows)(
    int64_t n, void *const field[], const void *elements, int64_t rows, int64_t stride, int64_t count, int64_t index) {
    const char *row = elements;
    double *valid = field[0], *squares = field[2];
    MEAN *mean = field[1];
    (void)count, (void)index;
    for (; rows > 0; rows--, row += stride) {
        const T *x = ROW(row, 0);
        ASH_INDEPENDENT
        for (int64_t j = 0; j < n; j++) {
            const int missing = FN(isnan)(x[j]);
            const double share = missing ? 0.0 : 1.0 / (valid[j] + 1.0);
            const MEAN before = missing ? 0 : (MEAN)x[j] - mean[j];
            const MEAN moved = mean[j] + MEAN_TIMES(before, share);
            squares[j] += missing ? 0.0 : MEAN_DOT(before, (MEAN)x[j] - moved);
            valid[j] += missing ? 0.0 : 1.0;
            mean[j] = moved;
        }
    }
}

static void FN(nanvar_merge)(int64_t n, void *const a[], const void *const b[], int64_t count_a, int64_t count_b) {
    double *valid = a[0], *squares = a[2];
    MEAN *mean = a[1];
    const double *other_valid = b[0], *other_squares = b[2];
    const MEAN *other_mean = b[1];
    (void)count_a, (void)count_b;
    ASH_INDEPENDENT
    for (int64_t j = 0; j < n; j++) {
        const double total = valid[j] + other_valid[j];
        const double share = other_valid[j] > 0 ? other_valid[j] / total : 0.0;
        const MEAN distance = other_valid[j] > 0 ? other_mean[j] - mean[j] : 0;
        /* An empty side adds nothing, even if the square of the distance overflows. */
        squares[j] += other_squares[j] + (valid[j] > 0 ? SQUARE(distance) * (valid[j] * share) : 0.0);
        mean[j] += MEAN_TIMES(distance, share);
        valid[j] = total;
    }
}

static void FN(nanvar_finish)(int64_t n, void *out, const void *const field[], int64_t count, const ash_reduce_parameter *parameter) {
    const double *valid = field[0], *squares = field[2];
    REAL_OUT *result = out;
    (void)count;
    for (int64_t j = 0; j < n; j++)
        result[j] = (REAL_OUT)settle_real(variance(squares[j], valid[j], parameter->ddof));
}

static void FN(nanstd_finish)(int64_t n, void *out, const void *const field[], int64_t count, const ash_reduce_parameter *parameter) {
    const double *valid = field[0], *squares = field[2];
    REAL_OUT *result = out;
    (void)count;
    for (int64_t j = 0; j < n; j++)
        result[j] = (REAL_OUT)settle_real(sqrt(variance(squares[j], valid[j], parameter->ddof)));
}
