/* The third promise: the same bits for any number of threads, memory limit, instruction set and executor, alone or in company; and between
 * chunkings equal values, within rounding where floating sums are involved. And the limit is a contract: exactly the least limit works, one
 * byte less is refused. */
#include "core_test.h"

#include <complex.h>
#include <math.h>

enum { ROWS = 23, COLUMNS = 2100, N = ROWS * COLUMNS };
static const char *const isas[] = { "baseline", "avx2", "avx512" };
static const int32_t threads[] = { 1, 2, 5 };

/* ---- Data ---- */

static uint64_t state = 42;

static double noise(void) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (double)(state >> 11) / 9007199254740992.0;
}

typedef struct column {
    ash_dtype dtype;
    void *data;
} column;

static column columns[] = { { ASH_FLOAT32, NULL }, { ASH_FLOAT64, NULL }, { ASH_COMPLEX64, NULL }, { ASH_COMPLEX128, NULL },
    { ASH_INT16, NULL }, { ASH_INT64, NULL }, { ASH_UINT8, NULL }, { ASH_BOOL, NULL } };
enum { COLUMN_COUNT = sizeof columns / sizeof columns[0] };
static int64_t row_labels[ROWS], column_labels[COLUMNS];

/* Values of mixed size and sign, which a sum in another order would round otherwise; some NaN. */
static int make_data(void **unused) {
    (void)unused;
    for (int c = 0; c < COLUMN_COUNT; c++) {
        columns[c].data = malloc(N * 16);
        for (int64_t k = 0; k < N; k++) {
            double value = (noise() - 0.3) * exp(8 * noise()), other = noise();
            double maybe = k % 9973 == 3000 ? NAN : value;
            switch (columns[c].dtype) {
            case ASH_FLOAT32: ((float *)columns[c].data)[k] = (float)maybe; break;
            case ASH_FLOAT64: ((double *)columns[c].data)[k] = maybe; break;
            case ASH_COMPLEX64: ((float _Complex *)columns[c].data)[k] = (float)maybe + (float)other * I; break;
            case ASH_COMPLEX128: ((double _Complex *)columns[c].data)[k] = maybe + other * I; break;
            case ASH_INT16: ((int16_t *)columns[c].data)[k] = (int16_t)value; break;
            case ASH_INT64: ((int64_t *)columns[c].data)[k] = (int64_t)(value * 1e6); break;
            case ASH_UINT8: ((uint8_t *)columns[c].data)[k] = (uint8_t)(256 * other); break;
            default: ((uint8_t *)columns[c].data)[k] = other < 0.5;
            }
        }
    }
    for (int k = 0; k < ROWS; k++) {
        row_labels[k] = k % 11 == 3 ? -1 : k % 4;
    }
    for (int k = 0; k < COLUMNS; k++) {
        column_labels[k] = k % 13 == 3 ? -1 : (k / 7) % 5;
    }
    return 0;
}

static int free_data(void **unused) {
    (void)unused;
    for (int c = 0; c < COLUMN_COUNT; c++) {
        free(columns[c].data);
    }
    return 0;
}

static ash_array matrix(ash_context *ctx, int c, const char *chunks) {
    return ash_from_buffer(
        ctx, columns[c].dtype, 2, (int64_t[]){ ROWS, COLUMNS }, columns[c].data, &(ash_make_options){ .dims = "y,x", .chunks = chunks });
}

/* ---- The cases: expressions of one matrix ---- */

typedef ash_array reduce_fn(ash_array, const char *);
typedef ash_array group_fn(ash_array, const char *, ash_array);
typedef struct reduction {
    const char *name;
    reduce_fn *reduce;
    group_fn *group;
    int bound; /* between chunkings floating results may differ by rounding */
} reduction;

#define BOTH(name, bound) \
    { #name, ash_##name, ash_group_##name, bound }
#define ALONE(name) \
    { #name, ash_##name, NULL, 0 }
static const reduction reductions[] = {
    BOTH(sum, 1),
    BOTH(mean, 1),
    BOTH(var, 1),
    BOTH(std, 1),
    BOTH(min, 0),
    BOTH(max, 0),
    BOTH(any, 0),
    BOTH(all, 0),
    BOTH(count, 0),
    BOTH(count_nonzero, 0),
    ALONE(argmin),
    ALONE(argmax),
    BOTH(nansum, 1),
    BOTH(nanmean, 1),
    BOTH(nanvar, 1),
    BOTH(nanstd, 1),
    BOTH(nanmin, 0),
    BOTH(nanmax, 0),
    BOTH(nanany, 0),
    BOTH(nanall, 0),
    ALONE(nanargmin),
    ALONE(nanargmax),
    BOTH(prod, 1),
    BOTH(nanprod, 1),
};
enum { REDUCTION_COUNT = sizeof reductions / sizeof reductions[0] };
enum { ALONG_Y, ALONG_X, ALONG_BOTH, GROUPS_OF_Y, GROUPS_OF_X, WAYS };

static ash_array labels(ash_context *ctx, int n, const int64_t *values) {
    return vector_of(ctx, ASH_INT64, n, values, "-1");
}

static ash_array reduced(const reduction *r, int way, ash_array a) {
    switch (way) {
    case ALONG_Y: return r->reduce(a, "y");
    case ALONG_X: return r->reduce(a, "x");
    case ALONG_BOTH: return r->reduce(a, NULL);
    case GROUPS_OF_Y: return r->group ? r->group(a, "y", labels(a.context, ROWS, row_labels)) : r->reduce(a, "y");
    default: return r->group ? r->group(a, "x", labels(a.context, COLUMNS, column_labels)) : r->reduce(a, "x");
    }
}

/* Products of that many values would all be infinite. */
static ash_array prepared(const reduction *r, ash_array a) {
    if (!strstr(r->name, "prod") || ash_array_dtype(a) < ASH_FLOAT32) {
        return a;
    }
    return ash_add(ash_mul(a, ash_real(a.context, 1e-7)), ash_real(a.context, 1));
}

/* ---- Running ---- */

static ash_context *context_for(const char *isa) {
    ash_context *ctx = ash_context_new(&(ash_context_options){ .isa = isa, .num_threads = 1, .memory_limit = 1 << 30 });
    if (!ctx && ash_error_status(NULL) != ASH_ERR_UNSUPPORTED) {
        fail_msg("%s", ash_error(NULL));
    }
    return ctx;
}

static int64_t bytes_of(ash_array a) {
    return ash_size(a) * ash_dtype_size(ash_array_dtype(a));
}

static void compute_all(ash_context *ctx, int n, const ash_array arrays[], void *buffers[], const ash_compute_options *options) {
    int64_t bytes[WAYS];
    for (int k = 0; k < n; k++) {
        bytes[k] = bytes_of(arrays[k]);
    }
    assert_done(ctx, ash_compute_many(ctx, n, arrays, buffers, bytes, options));
}

static void assert_same_bits(const char *what, ash_array a, const void *expected, const void *found, const char *how) {
    int64_t size = ash_dtype_size(ash_array_dtype(a)), n = ash_size(a);
    for (int64_t k = 0; k < n; k++) {
        if (memcmp((const char *)expected + k * size, (const char *)found + k * size, (size_t)size) != 0) {
            fail_msg("%s: element %lld has other bits with %s", what, (long long)k, how);
        }
    }
}

/* Computes the arrays in every way there is and compares the bits with the first. */
static void same_bits(const char *what, int n, ash_array (*build)(ash_context *, int k, const void *user), const void *user) {
    void *expected[WAYS] = { NULL }, *found[WAYS] = { NULL };
    for (int i = 0; i < 3; i++) {
        ash_context *ctx = context_for(isas[i]);
        if (!ctx) {
            continue; /* not on this machine, or not in this build */
        }
        ash_array array[WAYS];
        for (int k = 0; k < n; k++) {
            array[k] = build(ctx, k, user);
            assert_good(array[k]);
            found[k] = found[k] ? found[k] : malloc((size_t)bytes_of(array[k]) + 1);
        }
        for (int k = 0; k < n && !expected[n - 1]; k++) {
            expected[k] = malloc((size_t)bytes_of(array[k]) + 1);
            compute_all(ctx, 1, &array[k], &expected[k], NULL);
        }
        for (int t = 0; t < 3; t++) {
            ash_compute_options options = { .num_threads = threads[t], .executor = t == 0 && i == 0 ? "serial" : "openmp" };
            ash_plan_info info = {0};
            assert_done(ctx, ash_plan_query(ctx, n, array, &options, &info));
            const int64_t limits[] = { info.memory_limit, info.least_limit, info.least_limit + (info.peak_bytes - info.least_limit) / 2 };
            for (int l = 0; l < 3; l++) {
                char how[100];
                options.memory_limit = limits[l] > info.least_limit ? limits[l] : info.least_limit;
                snprintf(how, sizeof how, "%s, %d threads, limit %lld", isas[i], threads[t], (long long)options.memory_limit);
                compute_all(ctx, n, array, found, &options);
                for (int k = 0; k < n; k++) {
                    assert_same_bits(what, array[k], expected[k], found[k], how);
                }
            }
        }
        ash_context_free(ctx);
    }
    for (int k = 0; k < n; k++) {
        free(expected[k]);
        free(found[k]);
    }
}

typedef struct reduction_case {
    const reduction *r;
    int c;
} reduction_case;

static ash_array build_reduction(ash_context *ctx, int way, const void *user) {
    const reduction_case *rc = user;
    return reduced(rc->r, way, prepared(rc->r, matrix(ctx, rc->c, "9, 1300")));
}

/* Every reduction, five ways at once: over rows, columns, both, groups of rows and groups of columns. */
static void reductions_have_the_same_bits(void **unused) {
    (void)unused;
    for (int r = 0; r < REDUCTION_COUNT; r++) {
        for (int c = 0; c < COLUMN_COUNT; c++) {
            char what[100];
            snprintf(what, sizeof what, "%s of %s", reductions[r].name, ash_dtype_name(columns[c].dtype));
            same_bits(what, WAYS, build_reduction, &(reduction_case){ &reductions[r], c });
        }
    }
}

/* Chains of operations with decode-like steps before and a reduction after. */
static ash_array build_chain(ash_context *ctx, int k, const void *user) {
    int c = *(const int *)user;
    ash_array a = matrix(ctx, c, "10, 1024"), half = ash_real(ctx, 0.5);
    ash_array anomaly =
        ash_sub(a, ash_group_take(ash_group_nanmean(a, "y", labels(ctx, ROWS, row_labels)), "y", labels(ctx, ROWS, row_labels)));
    ash_array chain = ash_add(ash_mul(ash_add(ash_mul(a, half), a), ash_sub(a, half)), ash_div(a, ash_real(ctx, 3)));
    switch (k) {
    case 0: return chain;
    case 1: return ash_sin(ash_sqrt(ash_absolute(ash_real_part(chain))));
    case 2: return anomaly;
    case 3: return ash_nanstd(ash_where(ash_greater(ash_real_part(a), ash_real(ctx, 1)), chain, anomaly), "x");
    default: return ash_nansum(ash_transpose(ash_index(chain, "::-2, 3::3"), NULL), "0");
    }
}

static void chains_have_the_same_bits(void **unused) {
    (void)unused;
    for (int c = 0; c < 5; c++) {
        same_bits(ash_dtype_name(columns[c].dtype), WAYS, build_chain, &c);
    }
}

/* Scans along both axes, alone, with arithmetic after, and one on top of another. */
static ash_array build_scan(ash_context *ctx, int k, const void *user) {
    ash_array a = matrix(ctx, *(const int *)user, "9, 700");
    switch (k) {
    case 0: return ash_cumsum(a, "y");
    case 1: return ash_nancumsum(a, "x");
    case 2: return ash_sub(ash_nancummax(a, "x"), ash_cummin(ash_cast(a, ASH_FLOAT32), "y"));
    case 3: return ash_cumprod(ash_add(ash_mul(a, ash_real(ctx, 1e-7)), ash_real(ctx, 1)), "x");
    default: return ash_nansum(ash_diff(ash_nancumsum(ash_nancumsum(a, "y"), "x"), "x", 2), "y");
    }
}

static void scans_have_the_same_bits(void **unused) {
    (void)unused;
    for (int c = 0; c < COLUMN_COUNT; c++) {
        same_bits(ash_dtype_name(columns[c].dtype), WAYS, build_scan, &c);
    }
}

/* Statistics over rows, columns and both. Those of complex dtypes where there are any. */
static ash_array build_statistic(ash_context *ctx, int k, const void *user) {
    ash_array a = matrix(ctx, *(const int *)user, "9, 700"), weights = ash_linspace(ctx, 0.1, 2, COLUMNS, NULL);
    switch (k) {
    case 0: return ash_moment_with(a, "x", 3, &(ash_reduce_options){ .ddof = 1 });
    case 1: return ash_nanaverage(a, ash_set_dims(weights, "x"), NULL);
    case 2: return ash_add(ash_norm(a, "y", 2), ash_norm(a, "y", 3));
    case 3: return ash_logsumexp(ash_nanptp(ash_cast(ash_real_part(a), ASH_FLOAT32), "x"), "y");
    default: return ash_trapezoid_dx(ash_cumulative_trapezoid_dx(a, 0.3, "x"), 0.7, "y");
    }
}

static void statistics_have_the_same_bits(void **unused) {
    (void)unused;
    for (int c = 0; c < COLUMN_COUNT; c++) {
        same_bits(ash_dtype_name(columns[c].dtype), WAYS, build_statistic, &c);
    }
}

typedef struct quantile_case {
    int c;
    const char *chunks;
} quantile_case;

static ash_array build_quantile(ash_context *ctx, int k, const void *user) {
    const quantile_case *q = user;
    static const double parts[] = { 0.9, 0, 0.123 };
    ash_array a = ash_real_part(matrix(ctx, q->c, q->chunks));
    switch (k) {
    case 0: return ash_quantile_with(a, "y", 3, parts, &(ash_quantile_options){ .method = "hazen" });
    case 1: return ash_nanquantile(a, "x", 0.3, "linear");
    case 2: return ash_nanmedian(a, NULL);
    case 3: return ash_sub(a, ash_nanmedian_with(a, "x", &(ash_reduce_options){ .keepdims = true }));
    default: return ash_nanpercentile(ash_diff(a, "x", 1), "y", 62.5, "median_unbiased");
    }
}

/* And they do not follow from the chunks either: whatever these are, the elements of a cell are taken in the array's order. */
static void quantiles_have_the_same_bits(void **unused) {
    (void)unused;
    static const char *const chunkings[] = { "-1, -1", "1, -1", "5+18, 2099+1", "4, 256" };
    ash_context *ctx = context_with(2, NULL);
    for (int c = 0; c < COLUMN_COUNT; c++) {
        const char *name = ash_dtype_name(columns[c].dtype);
        same_bits(name, WAYS, build_quantile, &(quantile_case){ c, "9, 700" });
        for (int k = 0; k < WAYS; k++) {
            void *expected = values_of(build_quantile(ctx, k, &(quantile_case){ c, "9, 700" }));
            for (int i = 0; i < 4; i++) {
                ash_array a = build_quantile(ctx, k, &(quantile_case){ c, chunkings[i] });
                void *found = values_of(a);
                assert_same_bits(name, a, expected, found, chunkings[i]);
                free(found);
            }
            free(expected);
        }
    }
    ash_context_free(ctx);
}

/* ---- Chunkings ---- */

static double part(ash_dtype dtype, const void *values, int64_t k, int imaginary) {
    switch (dtype) {
    case ASH_FLOAT32: return imaginary ? 0 : ((const float *)values)[k];
    case ASH_FLOAT64: return imaginary ? 0 : ((const double *)values)[k];
    case ASH_COMPLEX64: return ((const float *)values)[2 * k + imaginary];
    default: return ((const double *)values)[2 * k + imaginary];
    }
}

static void assert_close(const char *what, ash_array a, const void *expected, const void *found) {
    ash_dtype dtype = ash_array_dtype(a);
    /* n * eps of float64, in which is added up, times how far the sum of sizes is above the result; float32 results also by a rounding. */
    double bound = dtype == ASH_FLOAT32 || dtype == ASH_COMPLEX64 ? 1e-6 : 1e-9;
    for (int64_t k = 0; k < ash_size(a); k++) {
        for (int imaginary = 0; imaginary < 2; imaginary++) {
            double e = part(dtype, expected, k, imaginary), f = part(dtype, found, k, imaginary);
            double size = fmax(fabs(part(dtype, expected, k, 0)), fabs(part(dtype, expected, k, 1)));
            if (e != f && !(isnan(e) && isnan(f)) && !(fabs(e - f) <= bound * (1 + size))) {
                fail_msg("%s: element %lld is %.17g with one chunking and %.17g with another", what, (long long)k, e, f);
            }
        }
    }
}

static void chunkings_agree(void **unused) {
    (void)unused;
    static const char *const chunkings[] = { "-1, -1", "1, -1", "-1, 17", "5+18, 2099+1", "4, 256" };
    ash_context *ctx = context_with(2, NULL);
    for (int r = 0; r < REDUCTION_COUNT; r++) {
        for (int c = 0; c < COLUMN_COUNT; c++) {
            for (int way = 0; way < WAYS; way++) {
                void *expected = NULL;
                char what[100];
                snprintf(what, sizeof what, "%s of %s, way %d", reductions[r].name, ash_dtype_name(columns[c].dtype), way);
                assert_done(ctx, ash_scope_begin(ctx));
                for (int k = 0; k < 5; k++) {
                    ash_array a = reduced(&reductions[r], way, prepared(&reductions[r], matrix(ctx, c, chunkings[k])));
                    void *values = values_of(a);
                    if (!expected) {
                        expected = values;
                        continue;
                    }
                    if (reductions[r].bound && ash_array_dtype(a) >= ASH_FLOAT32) {
                        assert_close(what, a, expected, values);
                    } else {
                        assert_same_bits(what, a, expected, values, chunkings[k]);
                    }
                    free(values);
                }
                free(expected);
                assert_done(ctx, ash_scope_end(ctx, NULL, 0));
            }
        }
    }
    ash_context_free(ctx);
}

/* ---- Limits ---- */

/* Small blocks come from slabs, of which the last one may not be full. */
static void assert_within(ash_context *ctx, int64_t limit) {
    if (ash_last_run(ctx).peak_bytes > limit) {
        fail_msg("the run took %lld bytes, the limit was %lld", (long long)ash_last_run(ctx).peak_bytes, (long long)limit);
    }
}

static void the_least_limit_is_exact(void **unused) {
    (void)unused;
    ash_context *ctx = context_with(2, NULL);
    for (int k = 0; k < WAYS; k++) {
        ash_array a = build_chain(ctx, k, &(int){ 1 });
        for (int t = 0; t < 3; t++) {
            ash_compute_options options = { .num_threads = threads[t], .executor = "openmp" };
            ash_plan_info info = {0};
            char least[64];
            void *values = malloc((size_t)bytes_of(a));
            assert_done(ctx, ash_plan_query(ctx, 1, &a, &options, &info));
            options.memory_limit = info.least_limit;
            assert_done(ctx, ash_compute(a, values, bytes_of(a), &options));
            assert_within(ctx, info.least_limit);
            options.memory_limit = info.least_limit - 1;
            assert_int_equal(ash_compute(a, values, bytes_of(a), &options), ASH_ERR_LIMIT);
            snprintf(least, sizeof least, "%lld", (long long)info.least_limit);
            assert_sentence(ctx, ASH_ERR_LIMIT, least);
            ash_plan_info small = {0};
            assert_done(ctx, ash_plan_query(ctx, 1, &a, &options, &small)); /* asking is no error, and gives the same answer */
            assert_int_equal(small.least_limit, info.least_limit);
            options.memory_limit = 1;
            assert_int_equal(ash_compute(a, values, bytes_of(a), &options), ASH_ERR_LIMIT);
            free(values);
        }
    }
    ash_context_free(ctx);
}

/* What ran stays within what the plan promised, which is within the limit. */
static void peaks_stay_within_the_plan(void **unused) {
    (void)unused;
    ash_context *ctx = context_with(2, NULL);
    for (int k = 0; k < WAYS; k++) {
        ash_array a = build_chain(ctx, k, &(int){ 1 });
        void *values = malloc((size_t)bytes_of(a));
        ash_plan_info least = {0};
        assert_done(ctx, ash_plan_query(ctx, 1, &a, NULL, &least));
        for (int64_t limit = least.least_limit; limit < 64 * least.least_limit; limit *= 3) {
            ash_compute_options options = { .memory_limit = limit };
            ash_plan_info info = {0};
            assert_done(ctx, ash_plan_query(ctx, 1, &a, &options, &info));
            assert_true(info.peak_bytes <= limit);
            assert_done(ctx, ash_compute(a, values, bytes_of(a), &options));
            assert_within(ctx, limit);
        }
        free(values);
    }
    ash_context_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reductions_have_the_same_bits),
        cmocka_unit_test(chains_have_the_same_bits),
        cmocka_unit_test(scans_have_the_same_bits),
        cmocka_unit_test(statistics_have_the_same_bits),
        cmocka_unit_test(quantiles_have_the_same_bits),
        cmocka_unit_test(chunkings_agree),
        cmocka_unit_test(the_least_limit_is_exact),
        cmocka_unit_test(peaks_stay_within_the_plan),
    };
    return cmocka_run_group_tests_name("laws", tests, make_data, free_data);
}
