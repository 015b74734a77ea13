/* Reductions: leaf, rows, merge and finish against plain loops in wide arithmetic, the same bits on every level, NaN rules and ties. */
#include "kernels_test.h"

enum { CELLS = 37 };
typedef struct partial {
    _Alignas(64) unsigned char bytes[ASH_MAX_FIELDS][CELLS * 16];
} partial;

static void fields_of(partial *p, void *field[ASH_MAX_FIELDS], const ash_reduce_kernel *kernel, int cell)
{
    for (int f = 0; f < ASH_MAX_FIELDS; f++)
        field[f] = p->bytes[f] + (f < kernel->fields ? cell * kernel->field_size[f] : 0);
}

static int is_missing(ash_dtype dtype, ash_number x)
{
    const char kind = ash_dtype_kind(dtype);
    return (kind == 'f' && isnan(x.f)) || (kind == 'c' && (isnan(x.c[0]) || isnan(x.c[1])));
}

static long double real_of(ash_dtype dtype, ash_number x)
{
    const char kind = ash_dtype_kind(dtype);
    return kind == 'f' ? (long double)x.f : kind == 'c' ? (long double)x.c[0] : kind == 'u' ? (long double)x.u : (long double)x.i;
}

/* -1, 0 or 1; complex numbers by real part, then imaginary part. */
static int compare(ash_dtype dtype, ash_number x, ash_number y)
{
    const long double a = real_of(dtype, x), b = real_of(dtype, y);
    if (a != b || ash_dtype_kind(dtype) != 'c')
        return a < b ? -1 : a > b;
    return x.c[1] < y.c[1] ? -1 : x.c[1] > y.c[1];
}

typedef struct naive {
    int64_t count, valid, truths;      /* elements; those that are not NaN; those of them that are not zero */
    int64_t lowest, highest;           /* positions among those that are not NaN, -1 if none is */
    int64_t missing;                   /* position of the first NaN, -1 */
    long double sum[2], product, mean[2], squares, magnitude;
    uint64_t whole_sum, whole_product; /* of integers, wrapping */
} naive;

static naive reduce_naive(ash_dtype dtype, const unsigned char *x, int64_t n, int64_t stride)
{
    const int is_complex = ash_dtype_kind(dtype) == 'c';
    naive r = {.lowest = -1, .highest = -1, .missing = -1, .product = 1, .whole_product = 1};
    r.count = n;
    for (int64_t i = 0; i < n; i++) {
        const ash_number v = ash_number_load(dtype, x + i * stride);
        if (is_missing(dtype, v)) {
            r.missing = r.missing < 0 ? i : r.missing;
            continue;
        }
        r.valid++;
        r.truths += real_of(dtype, v) != 0 || (is_complex && v.c[1] != 0);
        r.sum[0] += real_of(dtype, v);
        r.sum[1] += is_complex ? v.c[1] : 0;
        r.magnitude += fabsl(real_of(dtype, v)) + (is_complex ? fabs(v.c[1]) : 0);
        r.product *= real_of(dtype, v);
        r.whole_sum += v.u;
        r.whole_product *= v.u;
        if (r.lowest < 0 || compare(dtype, v, ash_number_load(dtype, x + r.lowest * stride)) < 0)
            r.lowest = i;
        if (r.highest < 0 || compare(dtype, v, ash_number_load(dtype, x + r.highest * stride)) > 0)
            r.highest = i;
    }
    for (int part = 0; part < 2; part++)
        r.mean[part] = r.sum[part] / r.valid;
    for (int64_t i = 0; i < n; i++) {
        const ash_number v = ash_number_load(dtype, x + i * stride);
        const long double a = real_of(dtype, v) - r.mean[0], b = is_complex ? v.c[1] - r.mean[1] : 0;
        r.squares += is_missing(dtype, v) ? 0 : a * a + b * b;
    }
    return r;
}

static void expect_near(const char *what, ash_dtype dtype, long double expected, double found, long double scale)
{
    const ash_dtype real = ash_dtype_real(dtype);
    const long double tolerance = (ash_dtype_size(real) == 4 && ash_dtype_kind(real) == 'f' ? 2e-7L : 1e-13L) * scale;
    if (!(isnan(expected) && isnan(found)) && !(expected == found) && !(fabsl(expected - found) <= tolerance))
        fail_msg("%s of %s: expected %.17Lg, found %.17g", what, ash_dtype_name(dtype), expected, found);
}

/* Checks one result against the naive ones. `ddof` is 1. */
static void check(ash_reduction reduction, ash_dtype dtype, const ash_reduce_kernel *kernel, const unsigned char *x, int64_t n, int64_t stride, const void *result)
{
    const ash_reduction_descriptor *info = &ash_reduction_table[reduction];
    const naive r = reduce_naive(dtype, x, n, stride);
    const ash_number found = ash_number_load(kernel->out, result);
    const int skips = info->skips_missing, is_whole = strchr("biu", ash_dtype_kind(dtype)) != NULL, poisoned = !skips && r.missing >= 0;
    const double first = ash_dtype_kind(kernel->out) == 'c' ? found.c[0] : found.f;
    const long double count = skips ? r.valid : r.count;
    switch (reduction) {
    case ASH_REDUCE_SUM:
    case ASH_REDUCE_NANSUM:
        if (is_whole)
            assert_true(found.u == r.whole_sum);
        else if (!(poisoned && ash_dtype_kind(dtype) == 'c'))
            expect_near(info->name, dtype, poisoned ? NAN : r.sum[0], first, r.magnitude);
        break;
    case ASH_REDUCE_PROD:
    case ASH_REDUCE_NANPROD:
        if (is_whole)
            assert_true(found.u == r.whole_product);
        else if (ash_dtype_kind(dtype) == 'f')
            expect_near(info->name, dtype, poisoned ? NAN : r.product, first, fabsl(r.product));
        break;
    case ASH_REDUCE_MEAN:
    case ASH_REDUCE_NANMEAN:
        if (!(poisoned && ash_dtype_kind(dtype) == 'c'))
            expect_near(info->name, dtype, poisoned || count == 0 ? NAN : r.mean[0], first, r.magnitude / count);
        break;
    case ASH_REDUCE_VAR:
    case ASH_REDUCE_NANVAR:
    case ASH_REDUCE_STD:
    case ASH_REDUCE_NANSTD: {
        long double expected = poisoned || count == 0 ? NAN : r.squares / (count > 1 ? count - 1 : 0);
        if (reduction == ASH_REDUCE_STD || reduction == ASH_REDUCE_NANSTD)
            expected = sqrtl(expected);
        expect_near(info->name, dtype, expected, found.f, fabsl(expected) * 10 + r.magnitude * r.magnitude * 1e-4L);
        break;
    }
    case ASH_REDUCE_COUNT_NONZERO: {
        int64_t nonzero = 0;
        for (int64_t i = 0; i < n; i++) {
            const ash_number value = ash_number_load(dtype, x + i * stride);
            const char kind = ash_dtype_kind(dtype);
            nonzero += kind == 'c' ? value.c[0] != 0 || value.c[1] != 0 : kind == 'f' ? value.f != 0 : value.i != 0;
        }
        assert_int_equal(found.i, nonzero);
        break;
    }
    case ASH_REDUCE_MIN:
    case ASH_REDUCE_MAX:
    case ASH_REDUCE_NANMIN:
    case ASH_REDUCE_NANMAX: {
        const int64_t at = reduction == ASH_REDUCE_MIN || reduction == ASH_REDUCE_NANMIN ? r.lowest : r.highest;
        if (poisoned || at < 0)
            assert_true(is_missing(dtype, found));
        else
            assert_int_equal(compare(dtype, found, ash_number_load(dtype, x + at * stride)), 0);
        break;
    }
    case ASH_REDUCE_ARGMIN:
    case ASH_REDUCE_NANARGMIN:
        assert_int_equal(found.i, poisoned ? r.missing : r.lowest);
        break;
    case ASH_REDUCE_ARGMAX:
    case ASH_REDUCE_NANARGMAX:
        assert_int_equal(found.i, poisoned ? r.missing : r.highest);
        break;
    case ASH_REDUCE_ANY:
        assert_int_equal(found.i, r.truths > 0 || r.missing >= 0);
        break;
    case ASH_REDUCE_NANANY:
        assert_int_equal(found.i, r.truths > 0);
        break;
    case ASH_REDUCE_ALL:
    case ASH_REDUCE_NANALL:
        assert_int_equal(found.i, r.truths == r.valid);
        break;
    case ASH_REDUCE_COUNT:
        assert_int_equal(found.i, r.valid);
        break;
    default:
        fail_msg("%s has no check", info->name);
    }
}

/* Values of moderate size with ties, some zeros and, for floating ones with `missing`, some NaN. */
static void moderate(ash_dtype dtype, unsigned char *x, int64_t n, int missing, uint64_t seed)
{
    uint64_t random = seed * 77 + 13;
    for (int64_t i = 0; i < n; i++) {
        const int64_t r = (int64_t)(next_random(&random) >> 34);
        const int floating = strchr("fc", ash_dtype_kind(dtype)) != NULL;
        ash_number v = {.c = {(double)(r % 41 - 20) / 4, (double)(r / 41 % 5)}};
        if (missing == 2 || (missing && r % 6 == 0))
            v.c[r % 2] = NAN;
        if (missing && ash_dtype_kind(dtype) == 'f' && r % 6 == 0)
            v.c[0] = NAN;
        if (!floating)
            v.i = ash_dtype_kind(dtype) == 'i' ? r % 41 - 20 : r % 41;
        ash_number_store(dtype, x + i * ash_dtype_size(dtype), floating ? ASH_COMPLEX128 : ASH_INT64, v);
    }
}

static const ash_reduce_parameter one_less = {.ddof = 1};

/* Elements in a row: one leaf each of the two parts, merged. */
static void leaf_result(const ash_reduce_kernel *kernel, const unsigned char *x, int64_t size, int64_t n, int64_t split, void *result)
{
    partial a, b;
    void *fa[ASH_MAX_FIELDS], *fb[ASH_MAX_FIELDS];
    fields_of(&a, fa, kernel, 0);
    fields_of(&b, fb, kernel, 0);
    kernel->leaf(fa, x, split, 0);
    if (n > split) {
        kernel->leaf(fb, x + split * size, n - split, split);
        kernel->merge(1, fa, (const void *const *)fb, split, n - split);
    }
    kernel->finish(1, result, (const void *const *)fa, n, &one_less);
}

/* `rows` rows of CELLS elements, folded `at_once` into CELLS cells, the rows after `split` apart and merged; in reverse order of merging if told to. */
static void rows_result(const ash_reduce_kernel *kernel, const unsigned char *x, int64_t size, int64_t rows, int64_t split, int reverse, int64_t at_once, void *result)
{
    partial part[2];
    void *field[2][ASH_MAX_FIELDS];
    const int64_t count[2] = {split, rows - split};
    for (int p = 0; p < 2; p++) {
        fields_of(&part[p], field[p], kernel, 0);
        kernel->init(CELLS, field[p]);
        for (int64_t row = 0; row < count[p]; row += at_once) {
            const int64_t more = count[p] - row < at_once ? count[p] - row : at_once;
            kernel->rows(CELLS, field[p], x + (row + p * split) * CELLS * size, more, CELLS * size, row, row + p * split);
        }
    }
    if (count[0] > 0 && count[1] > 0)
        kernel->merge(CELLS, field[reverse], (const void *const *)field[!reverse], count[reverse], count[!reverse]);
    const int kept = count[0] == 0 ? 1 : count[1] == 0 ? 0 : reverse;
    kernel->finish(CELLS, result, (const void *const *)field[kept], rows, &one_less);
}

static void check_leaf(ash_isa isa, ash_reduction reduction, ash_dtype dtype, int64_t n, int missing)
{
    static block x;
    const ash_reduce_kernel *kernel = ash_kernel_reduce(isa, reduction, dtype), *baseline = ash_kernel_reduce(ASH_ISA_BASELINE, reduction, dtype);
    const int64_t size = ash_dtype_size(dtype), split = n / 3 + 1;
    unsigned char found[16], expected[16];
    moderate(dtype, x.bytes, n, missing, (uint64_t)n);
    leaf_result(kernel, x.bytes, size, n, split, found);
    leaf_result(baseline, x.bytes, size, n, split, expected);
    assert_memory_equal(found, expected, (size_t)ash_dtype_size(kernel->out));
    check(reduction, dtype, kernel, x.bytes, n, size, found);
    random_block(dtype, x.bytes, n, (uint64_t)n);
    leaf_result(kernel, x.bytes, size, n, split, found);
    leaf_result(baseline, x.bytes, size, n, split, expected);
    assert_memory_equal(found, expected, (size_t)ash_dtype_size(kernel->out)); /* NaN too: finish leaves one kind */
}

static void check_rows(ash_isa isa, ash_reduction reduction, ash_dtype dtype, int64_t rows, int missing)
{
    static unsigned char x[64 * CELLS * 16];
    const ash_reduce_kernel *kernel = ash_kernel_reduce(isa, reduction, dtype), *baseline = ash_kernel_reduce(ASH_ISA_BASELINE, reduction, dtype);
    const int64_t size = ash_dtype_size(dtype), out_size = ash_dtype_size(kernel->out);
    unsigned char found[CELLS * 16], expected[CELLS * 16];
    moderate(dtype, x, rows * CELLS, missing, (uint64_t)rows);
    for (int reverse = 0; reverse < 2; reverse++) {
        rows_result(kernel, x, size, rows, rows / 4, reverse, 7, found);
        rows_result(baseline, x, size, rows, rows / 4, reverse, 1, expected);
        assert_memory_equal(found, expected, (size_t)(CELLS * out_size));
        for (int j = 0; j < CELLS; j++)
            check(reduction, dtype, kernel, x + j * size, rows, CELLS * size, found + j * out_size);
    }
    random_block(dtype, x, rows * CELLS, (uint64_t)rows);
    rows_result(kernel, x, size, rows, rows / 2, 0, 9, found);
    rows_result(baseline, x, size, rows, rows / 2, 0, 1, expected);
    assert_memory_equal(found, expected, (size_t)(CELLS * out_size));
}

static void test_leaf_and_rows(void **state)
{
    (void)state;
    for (int isa = 0; isa < ASH_ISA_COUNT; isa++)
        for (int reduction = 0; ash_isa_supported((ash_isa)isa) && reduction < ASH_REDUCTION_COUNT; reduction++)
            for (int dtype = 0; dtype < ASH_DTYPE_COUNT; dtype++)
                for (int missing = 0; missing < 3; missing++) {
                    for (int64_t n = 1; n <= ASH_BLOCK; n += n < 36 ? 1 : 55)
                        check_leaf((ash_isa)isa, (ash_reduction)reduction, (ash_dtype)dtype, n, missing);
                    for (int64_t rows = 1; rows <= 40; rows += 1 + rows / 2)
                        check_rows((ash_isa)isa, (ash_reduction)reduction, (ash_dtype)dtype, rows, missing);
                }
}

static void test_no_elements(void **state)
{
    (void)state;
    for (int reduction = 0; reduction < ASH_REDUCTION_COUNT; reduction++)
        for (int dtype = 0; dtype < ASH_DTYPE_COUNT; dtype++) {
            const ash_reduce_kernel *kernel = ash_kernel_reduce(ash_isa_best(), (ash_reduction)reduction, (ash_dtype)dtype);
            partial p;
            void *field[ASH_MAX_FIELDS];
            unsigned char result[16];
            fields_of(&p, field, kernel, 0);
            kernel->init(1, field);
            kernel->finish(1, result, (const void *const *)field, 0, &one_less);
            const ash_number found = ash_number_load(kernel->out, result);
            const char *name = ash_reduction_table[reduction].name;
            if (kernel->needs_elements)
                assert_true(strstr(name, "min") != NULL || strstr(name, "max") != NULL);
            if (strstr(name, "mean") != NULL || strstr(name, "var") != NULL || strstr(name, "std") != NULL)
                assert_true(is_missing(kernel->out, found));
            else if (strstr(name, "arg") != NULL)
                assert_int_equal(found.i, -1);
            else if (kernel->needs_elements)
                assert_true(strchr("fc", ash_dtype_kind((ash_dtype)dtype)) == NULL || is_missing(kernel->out, found));
            else
                assert_true(real_of(kernel->out, found) == (strstr(name, "prod") != NULL || strstr(name, "all") != NULL));
        }
}

/* The lanes are part of the meaning of a sum. */
static void test_sum_order(void **state)
{
    (void)state;
    double x[ASH_BLOCK], lane[ASH_LANES] = {0}, found;
    random_block(ASH_FLOAT64, x, ASH_BLOCK, 3);
    for (int i = 0; i < ASH_BLOCK; i++)
        x[i] = isfinite(x[i]) && fabs(x[i]) < 1e15 ? x[i] : 1.25;
    for (int i = 0; i < 200; i++)
        lane[i % ASH_LANES] += x[i];
    for (int half = ASH_LANES / 2; half > 0; half /= 2)
        for (int l = 0; l < half; l++)
            lane[l] += lane[l + half];
    ash_kernel_reduce(ash_isa_best(), ASH_REDUCE_SUM, ASH_FLOAT64)->leaf((void *[]){&found}, x, 200, 0);
    assert_true(found == lane[0]);
}

/* Zeros of both signs: min and max do not depend on the order. */
static void test_signed_zeros(void **state)
{
    (void)state;
    const float x[2] = {-0.0f, 0.0f}, y[2] = {0.0f, -0.0f};
    for (int reduction = ASH_REDUCE_MIN; reduction <= ASH_REDUCE_MAX; reduction++) {
        const ash_reduce_kernel *kernel = ash_kernel_reduce(ash_isa_best(), (ash_reduction)reduction, ASH_FLOAT32);
        float a, b;
        leaf_result(kernel, (const unsigned char *)x, 4, 2, 2, &a);
        leaf_result(kernel, (const unsigned char *)y, 4, 2, 2, &b);
        assert_memory_equal(&a, &b, 4);
    }
}

/* Merging a cell without valid elements changes nothing, however large the other's mean. */
static void test_nanvar_merges_empty_cells(void **state)
{
    (void)state;
    const double x[3] = {NAN, 1e200, 1e200};
    double result;
    leaf_result(ash_kernel_reduce(ash_isa_best(), ASH_REDUCE_NANVAR, ASH_FLOAT64), (const unsigned char *)x, 8, 3, 1, &result);
    assert_true(result == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_leaf_and_rows), cmocka_unit_test(test_no_elements),   cmocka_unit_test(test_sum_order),
        cmocka_unit_test(test_signed_zeros),  cmocka_unit_test(test_nanvar_merges_empty_cells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
