/* Options of reductions (dtype, where, initial, min_count) and the statistics made of reductions, each against a naive loop over the elements of
 * a cell. */
#include "core_test.h"

#include <complex.h>
#include <math.h>

enum { ROWS = 5, COLUMNS = 7, N = ROWS * COLUMNS };

static double values[N];
static uint8_t mask[N];
static double weight[COLUMNS];

static int make_data(void **state) {
    (void)state;
    for (int k = 0; k < N; k++) {
        values[k] = (k * 37 % 23 - 11) * 0.75;
        mask[k] = k * 5 % 3 != 0;
    }
    values[9] = values[20] = NAN;
    for (int k = 0; k < COLUMNS; k++) {
        weight[k] = 1 + k % 3;
    }
    return 0;
}

static ash_array array_of(ash_context *ctx, const void *data, ash_dtype dtype) {
    return ash_from_buffer(ctx, dtype, 2, (int64_t[]){ ROWS, COLUMNS }, data, &(ash_make_options){ .dims = "y,x", .chunks = "2,3" });
}

/* ---- Cells ---- */

typedef struct cell {
    int n, masked; /* elements, and those that a mask leaves out */
    double x[N], w[N];
    uint8_t m[N];
} cell;

/* The elements of each cell of a reduction over "y", "x" or both; returns the number of cells. */
static int cells_of(const char *dims, cell cells[]) {
    int over_y = !dims || strchr(dims, 'y'), over_x = !dims || strchr(dims, 'x'), count = (over_y ? 1 : ROWS) * (over_x ? 1 : COLUMNS);
    memset(cells, 0, (size_t)count * sizeof *cells);
    for (int i = 0; i < ROWS; i++) {
        for (int j = 0; j < COLUMNS; j++) {
            cell *c = &cells[(over_y ? 0 : i) * (over_x ? 1 : COLUMNS) + (over_x ? 0 : j)];
            c->x[c->n] = values[i * COLUMNS + j];
            c->w[c->n] = weight[j];
            c->m[c->n++] = mask[i * COLUMNS + j];
        }
    }
    return count;
}

static const char *const every_dims[] = { "y", "x", "y,x", NULL };

typedef double naive_fn(const cell *c);
typedef ash_array build_fn(ash_array a, const char *dims);

static void compare(const char *what, build_fn *build, naive_fn *naive) {
    static cell cells[N];
    ash_context *ctx = context_with(2, NULL);
    for (int d = 0; d < 4; d++) {
        ash_array a = array_of(ctx, values, ASH_FLOAT64), result = build(a, every_dims[d]);
        int count = cells_of(every_dims[d], cells);
        if (!ash_ok(result)) {
            fail_msg("%s over %s: %s", what, every_dims[d] ? every_dims[d] : "all", ash_error(ctx));
        }
        assert_int_equal(ash_size(result), count);
        double *found = values_of(ash_cast(result, ASH_FLOAT64));
        for (int k = 0; k < count; k++) {
            double expected = naive(&cells[k]);
            if (!(fabs(found[k] - expected) <= 1e-12 * (1 + fabs(expected))) && !(isnan(found[k]) && isnan(expected))) {
                fail_msg(
                    "%s over %s, cell %d: expected %.17g, found %.17g", what, every_dims[d] ? every_dims[d] : "all", k, expected, found[k]);
            }
        }
        free(found);
    }
    ash_context_free(ctx);
}

/* ---- Options ---- */

/* A mask over "x,y": aligned by name. */
static ash_array masked(ash_array a) {
    return ash_transpose(array_of(a.context, mask, ASH_BOOL), NULL);
}

#define WITH(name, ...) \
    static ash_array build_##name(ash_array a, const char *dims) { \
        (void)a; \
        return __VA_ARGS__; \
    }

WITH(masked_sum, ash_sum_with(a, dims, &(ash_reduce_options){ .where = masked(a) }))
WITH(masked_nansum, ash_nansum_with(a, dims, &(ash_reduce_options){ .where = masked(a), .initial = ash_int(a.context, 10) }))
WITH(masked_prod, ash_nanprod_with(a, dims, &(ash_reduce_options){ .where = masked(a), .initial = ash_real(a.context, 0.5) }))
WITH(masked_mean, ash_mean_with(a, dims, &(ash_reduce_options){ .where = masked(a) }))
WITH(masked_nanvar, ash_nanvar_with(a, dims, &(ash_reduce_options){ .where = masked(a), .ddof = 1 }))
WITH(masked_std, ash_std_with(a, dims, &(ash_reduce_options){ .where = masked(a) }))
WITH(masked_max, ash_max_with(a, dims, &(ash_reduce_options){ .where = masked(a), .initial = ash_int(a.context, 3) }))
WITH(masked_nanmin, ash_nanmin_with(a, dims, &(ash_reduce_options){ .where = masked(a), .initial = ash_int(a.context, -2) }))
WITH(masked_count, ash_count_with(a, dims, &(ash_reduce_options){ .where = masked(a) }))
WITH(masked_any, ash_any_with(ash_greater(a, ash_real(a.context, 7)), dims, &(ash_reduce_options){ .where = masked(a) }))
WITH(masked_all, ash_all_with(ash_less(a, ash_real(a.context, 7)), dims, &(ash_reduce_options){ .where = masked(a) }))
WITH(enough, ash_nansum_with(a, dims, &(ash_reduce_options){ .where = masked(a), .min_count = 4 }))

static double fold(const cell *c, int use_mask, int skip, char method) {
    double sum = 0, product = 1, low = INFINITY, high = -INFINITY, n = 0;
    for (int k = 0; k < c->n; k++) {
        if ((use_mask && !c->m[k]) || (skip && isnan(c->x[k]))) {
            continue;
        }
        n++;
        sum += c->x[k];
        product *= c->x[k];
        low = c->x[k] < low || isnan(c->x[k]) ? c->x[k] : low;
        high = c->x[k] > high || isnan(c->x[k]) || isnan(high) ? (isnan(high) ? high : c->x[k]) : high;
    }
    return method == 's' ? sum : method == 'p' ? product : method == 'n' ? n : method == 'l' ? low : high;
}

static double squares(const cell *c, int use_mask, int skip) {
    double mean = fold(c, use_mask, skip, 's') / fold(c, use_mask, skip, 'n'), sum = 0;
    for (int k = 0; k < c->n; k++) {
        sum += (use_mask && !c->m[k]) || (skip && isnan(c->x[k])) ? 0 : (c->x[k] - mean) * (c->x[k] - mean);
    }
    return sum;
}

static double masked_sum(const cell *c) {
    return fold(c, 1, 0, 's');
}
static double masked_nansum(const cell *c) {
    return 10 + fold(c, 1, 1, 's');
}
static double masked_prod(const cell *c) {
    return 0.5 * fold(c, 1, 1, 'p');
}
static double masked_mean(const cell *c) {
    return fold(c, 1, 0, 's') / fold(c, 1, 0, 'n');
}
static double masked_nanvar(const cell *c) {
    return squares(c, 1, 1) / (fold(c, 1, 1, 'n') - 1);
}
static double masked_std(const cell *c) {
    return sqrt(squares(c, 1, 0) / fold(c, 1, 0, 'n'));
}
static double masked_max(const cell *c) {
    double high = fold(c, 1, 0, 'h');
    return isnan(high) || high > 3 ? high : 3;
}
static double masked_nanmin(const cell *c) {
    return fmin(fold(c, 1, 1, 'l'), -2);
}
static double masked_count(const cell *c) {
    return fold(c, 1, 1, 'n');
}
static double masked_any(const cell *c) {
    int any = 0;
    for (int k = 0; k < c->n; k++) {
        any |= c->m[k] && c->x[k] > 7;
    }
    return any;
}
static double masked_all(const cell *c) {
    int all = 1;
    for (int k = 0; k < c->n; k++) {
        all &= !c->m[k] || c->x[k] < 7;
    }
    return all;
}
static double enough(const cell *c) {
    return fold(c, 1, 1, 'n') >= 4 ? fold(c, 1, 1, 's') : NAN;
}

/* ---- Statistics ---- */

static ash_array weights(ash_array a) {
    return ash_set_dims(vector_of(a.context, ASH_FLOAT64, COLUMNS, weight, "4"), "x");
}

static ash_array filled(ash_array a) {
    return ash_fill_missing(a, ash_real(a.context, 0.5));
}

WITH(ptp, ash_ptp(filled(a), dims))
WITH(nanptp, ash_nanptp(a, dims))
WITH(count_nonzero, ash_count_nonzero(a, dims))
WITH(average, ash_average(filled(a), weights(a), dims))
WITH(nanaverage, ash_nanaverage(a, weights(a), dims))
WITH(moment3, ash_moment(filled(a), dims, 3))
WITH(norm0, ash_norm(filled(a), dims, 0))
WITH(norm1, ash_norm(filled(a), dims, 1))
WITH(norm2, ash_norm(filled(a), dims, 2))
WITH(norm3, ash_norm(filled(a), dims, 3))
WITH(norm_max, ash_norm(filled(a), dims, INFINITY))
WITH(norm_min, ash_norm(filled(a), dims, -INFINITY))
WITH(logsumexp, ash_logsumexp(filled(a), dims))

static cell full(const cell *c) {
    cell f = *c;
    for (int k = 0; k < f.n; k++) {
        f.x[k] = isnan(f.x[k]) ? 0.5 : f.x[k];
    }
    return f;
}

static double ptp(const cell *c) {
    cell f = full(c);
    return fold(&f, 0, 0, 'h') - fold(&f, 0, 0, 'l');
}
static double nanptp(const cell *c) {
    return fold(c, 0, 1, 'h') - fold(c, 0, 1, 'l');
}
static double count_nonzero(const cell *c) {
    int n = 0;
    for (int k = 0; k < c->n; k++) {
        n += c->x[k] != 0;
    }
    return n;
}
static double weighted(const cell *c) {
    double sum = 0, total = 0;
    for (int k = 0; k < c->n; k++) {
        sum += isnan(c->x[k]) ? 0 : c->x[k] * c->w[k];
        total += isnan(c->x[k]) ? 0 : c->w[k];
    }
    return sum / total;
}
static double average(const cell *c) {
    cell f = full(c);
    return weighted(&f);
}
static double powers(const cell *c, double center, double order, int sizes) {
    double sum = 0;
    for (int k = 0; k < c->n; k++) {
        sum += pow(sizes ? fabs(c->x[k] - center) : c->x[k] - center, order);
    }
    return sum;
}
static double moment3(const cell *c) {
    cell f = full(c);
    return powers(&f, fold(&f, 0, 0, 's') / f.n, 3, 0) / f.n;
}
static double norm0(const cell *c) {
    cell f = full(c);
    return count_nonzero(&f);
}
static double norm1(const cell *c) {
    cell f = full(c);
    return powers(&f, 0, 1, 1);
}
static double norm2(const cell *c) {
    cell f = full(c);
    return sqrt(powers(&f, 0, 2, 1));
}
static double norm3(const cell *c) {
    cell f = full(c);
    return cbrt(powers(&f, 0, 3, 1));
}
static double norm_max(const cell *c) {
    cell f = full(c);
    return fmax(fold(&f, 0, 0, 'h'), -fold(&f, 0, 0, 'l'));
}
static double norm_min(const cell *c) {
    double least = INFINITY;
    cell f = full(c);
    for (int k = 0; k < f.n; k++) {
        least = fmin(least, fabs(f.x[k]));
    }
    return least;
}
static double logsumexp(const cell *c) {
    double sum = 0;
    cell f = full(c);
    for (int k = 0; k < f.n; k++) {
        sum += exp(f.x[k]);
    }
    return log(sum);
}

#define COMPARE(name) compare(#name, build_##name, name)

static void options_agree_with_a_loop(void **state) {
    (void)state;
    COMPARE(masked_sum);
    COMPARE(masked_nansum);
    COMPARE(masked_prod);
    COMPARE(masked_mean);
    COMPARE(masked_nanvar);
    COMPARE(masked_std);
    COMPARE(masked_max);
    COMPARE(masked_nanmin);
    COMPARE(masked_count);
    COMPARE(masked_any);
    COMPARE(masked_all);
    COMPARE(enough);
}

static void statistics_agree_with_a_loop(void **state) {
    (void)state;
    COMPARE(ptp);
    COMPARE(nanptp);
    COMPARE(count_nonzero);
    COMPARE(average);
    compare("nanaverage", build_nanaverage, weighted);
    COMPARE(moment3);
    COMPARE(norm0);
    COMPARE(norm1);
    COMPARE(norm2);
    COMPARE(norm3);
    COMPARE(norm_max);
    COMPARE(norm_min);
    COMPARE(logsumexp);
}

/* ---- Dtypes, nothing, attributes, mistakes ---- */

static void dtypes(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    uint8_t bytes[] = { 200, 100 };
    ash_array a = vector_of(ctx, ASH_UINT8, 2, bytes, "1");
    assert_int_equal(ash_array_dtype(ash_sum_with(a, NULL, &(ash_reduce_options){ .dtype = "uint8" })), ASH_UINT8);
    uint8_t *wrapped = values_of(ash_sum_with(a, NULL, &(ash_reduce_options){ .dtype = "uint8" }));
    assert_int_equal(wrapped[0], 44);
    free(wrapped);
    assert_true(real_of(ash_sum_with(a, NULL, &(ash_reduce_options){ .dtype = "float64" })) == 300);
    assert_int_equal(ash_array_dtype(ash_mean_with(a, NULL, &(ash_reduce_options){ .dtype = "float32" })), ASH_FLOAT32);
    assert_int_equal(ash_array_dtype(ash_ptp(a, NULL)), ASH_UINT8);
    assert_int_equal(ash_array_dtype(ash_count_nonzero(a, NULL)), ASH_INT64);
    assert_int_equal(ash_array_dtype(ash_average(a, a, NULL)), ASH_FLOAT64);
    float _Complex z[] = { 3 + 4 * I, 0 };
    assert_int_equal(ash_array_dtype(ash_norm(vector_of(ctx, ASH_COMPLEX64, 2, z, NULL), NULL, 2)), ASH_FLOAT32);
    assert_true(real_of(ash_cast(ash_norm(vector_of(ctx, ASH_COMPLEX64, 2, z, NULL), NULL, 2), ASH_FLOAT64)) == 5);
    float large[] = { 3e38f, 3e37f }; /* no overflow on the way */
    assert_true(isfinite(real_of(ash_cast(ash_norm(vector_of(ctx, ASH_FLOAT32, 2, large, NULL), NULL, 2), ASH_FLOAT64))));
    double infinities[] = { INFINITY, 1 };
    assert_true(real_of(ash_logsumexp(vector_of(ctx, ASH_FLOAT64, 2, infinities, NULL), NULL)) == INFINITY);
    double thousand[] = { 1000, 1000 };
    assert_true(fabs(real_of(ash_logsumexp(vector_of(ctx, ASH_FLOAT64, 2, thousand, NULL), NULL)) - 1000 - log(2)) < 1e-12);
    ash_context_free(ctx);
}

/* The result is in the array's order, whatever the mask's is. */
static void masks_in_another_order(void **state) {
    (void)state;
    enum { Z = 2, Y = 3, X = 4 };
    double x[Z][Y][X];
    ash_context *ctx = context_with(1, NULL);
    for (int k = 0; k < Z * Y * X; k++) {
        (&x[0][0][0])[k] = k;
    }
    ash_array a = ash_from_buffer(ctx, ASH_FLOAT64, 3, (int64_t[]){ Z, Y, X }, x, &(ash_make_options){ .dims = "z,y,x" });
    ash_reduce_options odd = { .where = ash_transpose(ash_equal(ash_fmod(a, ash_int(ctx, 2)), ash_int(ctx, 1)), "y,x,z") };
    ash_array over_first = ash_sum_with(a, "0", &odd), over_last = ash_mean_with(a, "x", &odd);
    assert_string_equal(ash_dim_name(over_first, 0), "y");
    assert_string_equal(ash_dim_name(over_last, 0), "z");
    double *sums = values_of(over_first), *means = values_of(over_last);
    for (int y = 0; y < Y; y++) {
        for (int i = 0; i < X; i++) {
            assert_true(sums[y * X + i] == (i % 2 ? x[0][y][i] + x[1][y][i] : 0));
        }
        for (int z = 0; z < Z; z++) {
            assert_true(means[z * Y + y] == x[z][y][2]);
        }
    }
    free(sums);
    free(means);
    ash_context_free(ctx);
}

/* Averages are taken in the dtype of the result: that of floating elements and weights, double precision for integers. */
static void averages_of_other_dtypes(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    float x[] = { 1, INFINITY, 3 }, thirds[] = { 1.0f / 3, 1e8f, 1 };
    uint8_t small[] = { 1, 0, 1 };
    int16_t integers[] = { 1, 2, 4 };
    ash_array a = vector_of(ctx, ASH_FLOAT32, 3, x, NULL), narrow = vector_of(ctx, ASH_FLOAT32, 3, thirds, "1");
    assert_int_equal(ash_array_dtype(ash_average(a, vector_of(ctx, ASH_UINT8, 3, small, NULL), NULL)), ASH_FLOAT32);
    assert_int_equal(ash_array_dtype(ash_average(a, ash_real(ctx, 2), NULL)), ASH_FLOAT32);
    ash_array mean = ash_average(vector_of(ctx, ASH_INT16, 3, integers, NULL), narrow, NULL);
    assert_int_equal(ash_array_dtype(mean), ASH_FLOAT64);
    double w = thirds[0];
    assert_true(fabs(real_of(mean) - (w + 2e8 + 4) / (w + 1e8 + 1)) < 1e-14);
    /* infinity times a weight of 0 is NaN, and not a missing element */
    assert_true(isnan(real_of(ash_cast(ash_nanaverage(a, vector_of(ctx, ASH_UINT8, 3, small, NULL), NULL), ASH_FLOAT64))));
    ash_context_free(ctx);
}

/* Squares that overflow are infinite, however elements are folded; never negative. */
static void variances_that_overflow(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    double x[] = { 1e308, 1e308, -1e308, -1e308 };
    ash_array a = ash_from_buffer(ctx, ASH_FLOAT64, 2, (int64_t[]){ 2, 2 }, x, NULL);
    double *down = values_of(ash_var(a, "0")), *across = values_of(ash_nanstd(ash_transpose(a, NULL), "1"));
    assert_true(down[0] == INFINITY && down[1] == INFINITY && across[0] == INFINITY && across[1] == INFINITY);
    free(down);
    free(across);
    ash_context_free(ctx);
}

static void complex_nan(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    double _Complex x[] = { 2 + I, 3 - I }, *mean, *few;
    __real__ x[0] = NAN;
    ash_array a = vector_of(ctx, ASH_COMPLEX128, 2, x, "1");
    mean = values_of(ash_mean_with(a, NULL, &(ash_reduce_options){ .where = ash_not_equal(a, ash_int(ctx, 7)) }));
    few = values_of(ash_nansum_with(a, NULL, &(ash_reduce_options){ .min_count = 2 }));
    assert_true(isnan(creal(*mean)) && isnan(cimag(*mean)) && isnan(creal(*few)) && isnan(cimag(*few)));
    free(mean);
    free(few);
    ash_context_free(ctx);
}

static void zeros_of_both_signs(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    double x[] = { -0.0, 0.0, -0.0, -0.0 };
    ash_array a = vector_of(ctx, ASH_FLOAT64, 4, x, NULL);
    for (int n = 1; n <= 4; n++) {
        char first[8];
        snprintf(first, sizeof first, ":%d", n);
        assert_false(signbit(real_of(ash_quantile(ash_index(a, first), NULL, 0, "lower"))));
        assert_false(signbit(real_of(ash_median(ash_index(a, first), NULL))));
    }
    ash_context_free(ctx);
}

static void of_nothing(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    ash_array none = ash_zeros(ctx, ASH_FLOAT64, 2, (int64_t[]){ 0, 3 }, NULL);
    ash_reduce_options initial = { .initial = ash_int(ctx, 7) };
    double *found = values_of(ash_max_with(none, "0", &initial));
    assert_true(found[0] == 7 && found[2] == 7);
    free(found);
    found = values_of(ash_sum_with(none, "0", &initial));
    assert_true(found[1] == 7);
    free(found);
    assert_false(ash_ok(ash_ptp(none, NULL)));
    ash_context_free(ctx);
}

static void options_of_statistics(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    double x[] = { 1, 2, 4, 9 };
    ash_array a = ash_set_dims(vector_of(ctx, ASH_FLOAT64, 4, x, "3"), "x");
    ash_reduce_options keep = { .keepdims = true }, less = { .ddof = 1 };
    assert_int_equal(ash_ndim(ash_ptp_with(a, "x", &keep)), 1);
    assert_int_equal(ash_ndim(ash_average_with(a, a, "x", &keep)), 1);
    assert_int_equal(ash_ndim(ash_norm_with(a, "x", 3, &keep)), 1);
    assert_int_equal(ash_ndim(ash_logsumexp_with(a, "x", &keep)), 1);
    assert_true(fabs(real_of(ash_moment_with(a, "x", 2, &less)) - real_of(ash_var_with(a, "x", &less))) < 1e-12);
    assert_true(real_of(ash_cast(
                    ash_count_nonzero_with(a, "x", &(ash_reduce_options){ .where = ash_greater(a, ash_int(ctx, 1)) }), ASH_FLOAT64)) == 3);
    assert_false(ash_ok(ash_norm_with(a, "x", 2, &less)));
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "norm: takes the option keepdims only");
    assert_false(ash_ok(ash_moment_with(a, "x", 2, &(ash_reduce_options){ .min_count = 1 })));
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "moment: takes the options ddof and keepdims only");
    assert_false(ash_ok(ash_average(a, ash_set_dims(vector_of(ctx, ASH_FLOAT64, 3, x, NULL), "x"), "x")));
    assert_sentence(ctx, ASH_ERR_SHAPE, "average: ");
    assert_false(ash_ok(ash_average(a, ash_set_dims(vector_of(ctx, ASH_FLOAT64, 3, x, NULL), "y"), "x")));
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "average: the weights must not be larger than a");
    assert_false(ash_ok(ash_ptp(ash_zeros(ctx, ASH_INT8, 1, (int64_t[]){ 0 }, NULL), NULL)));
    assert_sentence(ctx, ASH_ERR_SHAPE, "ptp: axis 0 has no elements");
    ash_context_free(ctx);
}

static void attributes_stay(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    ash_array a = ash_set_attr(array_of(ctx, values, ASH_FLOAT64), "units", "K");
    ash_array mean = ash_mean_with(a, "x", &(ash_reduce_options){ .where = masked(a), .keepdims = true });
    assert_string_equal(ash_attr(mean, "units"), "K");
    assert_string_equal(ash_attr(mean, "cell_methods"), "x: mean");
    assert_int_equal(ash_extent(mean, 1), 1);
    ash_context_free(ctx);
}

static void mistakes_are_sentences(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    ash_array a = array_of(ctx, values, ASH_FLOAT64), bits = array_of(ctx, mask, ASH_BOOL);
    assert_false(ash_ok(ash_max_with(a, "x", &(ash_reduce_options){ .where = masked(a) })));
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "max: where needs initial");
    assert_false(ash_ok(ash_argmin_with(a, "x", &(ash_reduce_options){ .where = masked(a) })));
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "argmin: does not take the option where");
    assert_false(ash_ok(ash_any_with(a, "x", &(ash_reduce_options){ .dtype = "float64" })));
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "any: does not take the option dtype");
    assert_false(ash_ok(ash_mean_with(a, "x", &(ash_reduce_options){ .initial = ash_int(ctx, 1) })));
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "mean: does not take the option initial");
    assert_false(ash_ok(ash_sum_with(a, "x", &(ash_reduce_options){ .dtype = "double" })));
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "sum: dtype must be");
    assert_false(ash_ok(ash_sum_with(a, "x", &(ash_reduce_options){ .min_count = -1 })));
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "sum: min_count must be 0 or more");
    assert_false(ash_ok(ash_sum_with(bits, "x", &(ash_reduce_options){ .min_count = 2 })));
    assert_sentence(ctx, ASH_ERR_DTYPE, "sum: min_count gives NaN");
    assert_false(ash_ok(ash_sum_with(a, "x", &(ash_reduce_options){ .initial = a })));
    assert_sentence(ctx, ASH_ERR_SHAPE, "sum: initial must be a single number");
    ash_array cube = ash_ones(ctx, ASH_BOOL, 3, (int64_t[]){ 2, ROWS, COLUMNS }, &(ash_make_options){ .dims = "z,y,x" });
    assert_false(ash_ok(ash_sum_with(a, "x", &(ash_reduce_options){ .where = cube })));
    assert_sentence(ctx, ASH_ERR_SHAPE, "sum: where must broadcast to the shape of a, (5, 7), found (2, 5, 7)");
    ash_array row = ash_ones(ctx, ASH_FLOAT64, 2, (int64_t[]){ 1, 6 }, NULL),
              column = ash_ones(ctx, ASH_BOOL, 2, (int64_t[]){ 6, 1 }, NULL);
    assert_false(ash_ok(ash_sum_with(row, "1", &(ash_reduce_options){ .where = column }))); /* as many elements, but not the same */
    assert_sentence(ctx, ASH_ERR_SHAPE, "sum: where must broadcast to the shape of a, (1, 6), found (6, 1)");
    ash_array bytes = ash_zeros(ctx, ASH_UINT8, 1, (int64_t[]){ 3 }, NULL);
    assert_false(ash_ok(ash_max_with(bytes, NULL, &(ash_reduce_options){ .initial = ash_int(ctx, 300) })));
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "max: the integer 300 for initial does not fit uint8");
    assert_good(ash_sum_with(bytes, NULL, &(ash_reduce_options){ .initial = ash_int(ctx, 300) }));
    assert_false(ash_ok(ash_sum_with(a, "x", &(ash_reduce_options){ .initial = ash_complex(ctx, 0, 1) })));
    assert_sentence(ctx, ASH_ERR_DTYPE, "sum: initial is complex, the result float64");
    assert_false(ash_ok(ash_group_sum_with(a, "x", ash_arange(ctx, 0, COLUMNS, 1, NULL), &(ash_reduce_options){ .keepdims = true })));
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "group_sum: takes the options ddof and groups only");
    assert_false(ash_ok(ash_ptp(bits, "x")));
    assert_sentence(ctx, ASH_ERR_DTYPE, "ptp: does not accept bool");
    assert_false(ash_ok(ash_moment(a, "x", -1)));
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "moment: order");
    assert_false(ash_ok(ash_norm(a, "z", 2)));
    assert_sentence(ctx, ASH_ERR_DIMENSION, "norm");
    assert_false(ash_ok(ash_average(a, (ash_array){ 0 }, "x")));
    ash_context_free(ctx);
}

/* Rows that are missing are made up a block at a time, however long the rows are that are reduced. */
static void long_rows_that_are_missing(void **state) {
    (void)state;
    enum { GROUPS = 3, MIDDLE = 5, LONG = 5000 };
    static double x[GROUPS][MIDDLE][LONG];
    static const int32_t labels[] = { 2, -1, 0, -1 };
    ash_context *ctx = context_with(1, NULL);
    for (int k = 0; k < GROUPS * MIDDLE * LONG; k++) {
        (&x[0][0][0])[k] = k % 7;
    }
    ash_array a = ash_from_buffer(ctx, ASH_FLOAT64, 3, (int64_t[]){ GROUPS, MIDDLE, LONG }, x, &(ash_make_options){ .dims = "g,m,l" });
    ash_array taken = ash_group_take(a, "g", vector_of(ctx, ASH_INT32, 4, labels, NULL));
    double *sums = values_of(ash_nansum(taken, "m")), *most = values_of(ash_max(taken, "m"));
    for (int i = 0; i < 4; i++) {
        for (int l = 0; l < LONG; l++) {
            double sum = 0;
            for (int m = 0; m < MIDDLE && labels[i] >= 0; m++) {
                sum += x[labels[i]][m][l];
            }
            assert_true(sums[i * LONG + l] == sum);
            assert_true(labels[i] >= 0 ? most[i * LONG + l] >= 0 : isnan(most[i * LONG + l]));
        }
    }
    free(sums);
    free(most);
    ash_context_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_agree_with_a_loop),
        cmocka_unit_test(statistics_agree_with_a_loop),
        cmocka_unit_test(dtypes),
        cmocka_unit_test(masks_in_another_order),
        cmocka_unit_test(averages_of_other_dtypes),
        cmocka_unit_test(variances_that_overflow),
        cmocka_unit_test(complex_nan),
        cmocka_unit_test(zeros_of_both_signs),
        cmocka_unit_test(of_nothing),
        cmocka_unit_test(long_rows_that_are_missing),
        cmocka_unit_test(options_of_statistics),
        cmocka_unit_test(attributes_stay),
        cmocka_unit_test(mistakes_are_sentences),
    };
    return cmocka_run_group_tests_name("statistics", tests, make_data, NULL);
}
