/* Products of matrices at sizes where they are cut into blocks and steps, against sums written down naively; how the inputs lie in memory, and how the product is
 * run, must not be seen in its bits. */
#include "core_test.h"

#include <complex.h>
#include <math.h>

/* The library's own setting, where it is OpenBLAS that multiplies. */
#pragma weak openblas_get_num_threads
#pragma weak openblas_set_num_threads
extern int openblas_get_num_threads(void);
extern void openblas_set_num_threads(int n);

static uint64_t state = 7;

static double noise(void) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (double)(state >> 11) / 9007199254740992.0 - 0.5;
}

/* ---- Elements of any dtype ---- */

static void put(ash_dtype dtype, void *to, int64_t i, double re, double im) {
    switch (dtype) {
    case ASH_FLOAT32: ((float *)to)[i] = (float)re; break;
    case ASH_FLOAT64: ((double *)to)[i] = re; break;
    case ASH_COMPLEX64: ((float _Complex *)to)[i] = (float)re + (float)im * I; break;
    case ASH_COMPLEX128: ((double _Complex *)to)[i] = re + im * I; break;
    case ASH_BOOL: ((uint8_t *)to)[i] = re > 0.45; break;
    default: {
        int64_t whole = (int64_t)(re * 1e4);
        memcpy((char *)to + i * ash_dtype_size(dtype), &whole, (size_t)ash_dtype_size(dtype)); /* the low bytes */
    }
    }
}

static int is_floating(ash_dtype dtype) {
    return dtype == ASH_FLOAT32 || dtype == ASH_FLOAT64 || dtype == ASH_COMPLEX64 || dtype == ASH_COMPLEX128;
}

static double complex get(ash_dtype dtype, const void *from, int64_t i) {
    switch (dtype) {
    case ASH_FLOAT32: return ((const float *)from)[i];
    case ASH_FLOAT64: return ((const double *)from)[i];
    case ASH_COMPLEX64: return ((const float _Complex *)from)[i];
    default: return ((const double _Complex *)from)[i];
    }
}

/* An element of at most eight bytes; integers and booleans. */
static uint64_t get_bits(ash_dtype dtype, const void *from, int64_t i) {
    uint64_t bits = 0;
    assert_true(ash_dtype_size(dtype) <= (int64_t)sizeof bits);
    memcpy(&bits, (const char *)from + i * ash_dtype_size(dtype), (size_t)ash_dtype_size(dtype));
    return bits;
}

/* ---- Matrices that lie in memory in several ways ---- */

typedef enum lay { DENSE, TRANSPOSED, PADDED, BACKWARDS, EVERY_OTHER, UNALIGNED, LAYS } lay;

typedef struct matrix {
    ash_dtype dtype;
    int64_t rows, columns;
    void *dense;
} matrix;

static matrix matrix_new(ash_dtype dtype, int64_t rows, int64_t columns) {
    matrix m = { dtype, rows, columns, malloc((size_t)(rows * columns * 16 + 16)) };
    for (int64_t i = 0; i < rows * columns; i++) {
        double re = noise(), im = noise();
        put(dtype, m.dense, i, re, im);
    }
    return m;
}

/* The matrix as an array over fresh memory, which the caller frees. */
static ash_array laid(ash_context *ctx, const matrix *m, lay how, const char *chunks, void **memory) {
    int64_t size = ash_dtype_size(m->dtype), shape[2] = { m->rows, m->columns }, stride[2] = { m->columns * size, size };
    char *base = *memory = malloc((size_t)((m->rows + 8) * (m->columns + 8) * size * 2 + 64));
    switch (how) {
    case TRANSPOSED: stride[0] = size, stride[1] = m->rows * size; break;
    case PADDED: stride[0] = (m->columns + 5) * size; break;
    case BACKWARDS: base += m->rows * m->columns * size, stride[0] = -m->columns * size; break;
    case EVERY_OTHER: stride[0] = 2 * m->columns * size, stride[1] = 2 * size; break;
    case UNALIGNED: base += 1; break;
    default: break;
    }
    for (int64_t i = 0; i < m->rows; i++) {
        for (int64_t j = 0; j < m->columns; j++) {
            memcpy(base + i * stride[0] + j * stride[1], (char *)m->dense + (i * m->columns + j) * size, (size_t)size);
        }
    }
    ash_array a = ash_from_buffer(ctx, m->dtype, 2, shape, base, &(ash_make_options){ .strides = stride, .chunks = chunks });
    assert_good(a);
    return a;
}

/* ---- Against naive sums ---- */

static void check_element(const matrix *a, const matrix *b, const void *found, int64_t i, int64_t j) {
    ash_dtype dtype = a->dtype;
    int64_t terms = a->columns, at = i * b->columns + j;
    double complex sum = 0;
    double size = 0;
    uint64_t whole = 0, mask = ash_dtype_size(dtype) < 8 ? ((uint64_t)1 << 8 * ash_dtype_size(dtype)) - 1 : UINT64_MAX;
    for (int64_t l = 0; l < terms; l++) {
        int64_t p = i * terms + l, q = l * b->columns + j;
        if (is_floating(dtype)) {
            sum += get(dtype, a->dense, p) * get(dtype, b->dense, q);
            size += cabs(get(dtype, a->dense, p)) * cabs(get(dtype, b->dense, q));
        } else if (dtype == ASH_BOOL) {
            whole |= get_bits(dtype, a->dense, p) & get_bits(dtype, b->dense, q);
        } else {
            whole += get_bits(dtype, a->dense, p) * get_bits(dtype, b->dense, q); /* of the low bits, signs do not matter */
        }
    }
    if (is_floating(dtype)) {
        double epsilon = dtype == ASH_FLOAT32 || dtype == ASH_COMPLEX64 ? 0x1p-23 : 0x1p-51;
        if (!(cabs(sum - get(dtype, found, at)) <= size * epsilon * (double)(terms + 4))) {
            fail_msg("%s, element (%d, %d) of %d terms: %.17g, expected %.17g", ash_dtype_name(dtype), (int)i, (int)j, (int)terms,
                creal(get(dtype, found, at)), creal(sum));
        }
    } else if (get_bits(dtype, found, at) != (whole & mask)) {
        fail_msg("%s, element (%d, %d) of %d terms: %llx, expected %llx", ash_dtype_name(dtype), (int)i, (int)j, (int)terms,
            (unsigned long long)get_bits(dtype, found, at), (unsigned long long)(whole & mask));
    }
}

static const int64_t sizes[][3] = { { 0, 3, 4 }, { 3, 0, 4 }, { 3, 4, 0 }, { 0, 0, 0 }, { 1, 1, 1 }, { 1, 5, 1 }, { 5, 1, 1 },
    { 1, 1, 900 }, { 7, 5, 3 }, { 64, 64, 64 }, { 90, 95, 100 }, { 150, 140, 130 }, { 1030, 3, 5 }, { 2, 1500, 4 }, { 3, 4, 2000 },
    { 1100, 1, 40 }, { 1, 1100, 40 }, { 40, 1030, 780 }, { 3, 4, 9000 }, { 20, 1, 50000 } };
enum { SIZES = sizeof sizes / sizeof *sizes };

static void every_dtype_and_size(void **unused) {
    (void)unused;
    ash_context *ctx = context_with(2, "openmp");
    for (int dtype = 0; dtype < ASH_DTYPE_COUNT; dtype++) {
        for (int s = 0; s < SIZES; s++) {
            matrix a = matrix_new((ash_dtype)dtype, sizes[s][0], sizes[s][2]), b = matrix_new((ash_dtype)dtype, sizes[s][2], sizes[s][1]);
            void *memory[2];
            lay how = (lay)((dtype + s) % LAYS), other = (lay)((dtype + s / 2 + 1) % LAYS);
            ash_array product = ash_matmul(laid(ctx, &a, how, NULL, &memory[0]), laid(ctx, &b, other, NULL, &memory[1]));
            assert_good(product);
            void *found = values_of(product);
            int64_t skip = a.rows * b.columns > 4000 ? 97 : 1; /* all sums of the large ones would take long */
            for (int64_t i = 0; i < a.rows * b.columns; i += skip) {
                check_element(&a, &b, found, i / b.columns, i % b.columns);
            }
            free(found), free(memory[0]), free(memory[1]), free(a.dense), free(b.dense);
        }
    }
    ash_context_free(ctx);
}

/* ---- The same bits ---- */

static void *bits_of(int threads, const char *executor, int64_t limit, const matrix *a, const matrix *b, lay how, lay other, int held) {
    ash_context *ctx = context_with(threads, executor);
    void *memory[2];
    ash_array x = laid(ctx, a, how, held ? "-1,250" : "-1,-1", &memory[0]), y = laid(ctx, b, other, held ? "190,-1" : "-1,-1", &memory[1]);
    if (held) { /* values in chunks, put together for each block */
        x = ash_mul(x, ash_real(ctx, 1));
    }
    ash_array product = ash_matmul(x, y);
    int64_t bytes = ash_size(product) * ash_dtype_size(a->dtype);
    void *out = malloc((size_t)bytes);
    assert_good(product);
    if (limit > 0) {
        ash_plan_info info = { .size = sizeof info };
        assert_done(ctx, ash_plan_query(ctx, 1, &product, NULL, &info));
        limit = info.least_limit + (limit - 1) * (1 << 20);
    }
    assert_done(ctx, ash_compute(product, out, bytes, &(ash_compute_options){ .memory_limit = limit }));
    ash_context_free(ctx);
    free(memory[0]), free(memory[1]);
    return out;
}

static void same_bits(void **unused) {
    (void)unused;
    static const ash_dtype dtypes[] = { ASH_FLOAT32, ASH_FLOAT64, ASH_COMPLEX64, ASH_COMPLEX128 };
    static const int64_t shapes[][3] = { { 1100, 70, 1600 }, { 99, 100, 101 }, { 300, 280, 250 }, { 1, 400, 900 }, { 700, 1, 900 },
        { 500, 2, 500 }, { 60, 5, 9000 } };
    for (int d = 0; d < 4; d++) {
        for (int s = 0; s < (int)(sizeof shapes / sizeof *shapes); s++) {
            matrix a = matrix_new(dtypes[d], shapes[s][0], shapes[s][2]), b = matrix_new(dtypes[d], shapes[s][2], shapes[s][1]);
            size_t bytes = (size_t)(shapes[s][0] * shapes[s][1] * ash_dtype_size(dtypes[d]));
            void *expected = bits_of(1, "serial", 0, &a, &b, DENSE, DENSE, 0);
            for (int way = 0; way < 3 * LAYS; way++) {
                int threads = 1 + way % 2;
                lay how = (lay)(way % LAYS), other = (lay)((way / 2 + way / LAYS) % LAYS);
                void *found = bits_of(threads, way % 3 == 2 ? "serial" : "openmp", way % 4, &a, &b, how, other, way % 5 == 4);
                if (memcmp(expected, found, bytes) != 0) {
                    fail_msg("%s (%d, %d, %d): other bits with %d threads, layouts %d and %d, way %d", ash_dtype_name(dtypes[d]),
                        (int)shapes[s][0], (int)shapes[s][1], (int)shapes[s][2], threads, how, other, way);
                }
                free(found);
            }
            free(expected), free(a.dense), free(b.dense);
        }
    }
}

/* ---- Long sums ---- */

enum { LONG = 9 << 20 };

/* Whole numbers from -3 to 3, of which sums are exact in any order. */
static ash_array whole_numbers(ash_context *ctx, int64_t n, int64_t factor, ash_dtype dtype) {
    ash_array k = ash_arange(ctx, 0, n, 1, &(ash_make_options){ .chunks = "1000000" });
    return ash_cast(ash_sub(ash_remainder(ash_mul(k, ash_int(ctx, factor)), ash_int(ctx, 7)), ash_int(ctx, 3)), dtype);
}

static int64_t whole_number(int64_t k, int64_t factor) {
    return k * factor % 7 - 3;
}

/* Several threads work at the sum of one element: its parts are summed by a reduction. */
static void long_sums_are_shared_out(void **unused) {
    (void)unused;
    int64_t expected = 0;
    for (int64_t k = 0; k < LONG; k++) {
        expected += whole_number(k, 5) * whole_number(k, 3);
    }
    static const ash_dtype dtypes[] = { ASH_FLOAT32, ASH_FLOAT64, ASH_COMPLEX128, ASH_INT64, ASH_INT8, ASH_BOOL };
    for (int d = 0; d < (int)(sizeof dtypes / sizeof *dtypes); d++) {
        ash_context *ctx = context_with(2, "openmp");
        ash_array a = whole_numbers(ctx, LONG, 5, dtypes[d]), b = whole_numbers(ctx, LONG, 3, dtypes[d]);
        ash_array dot = ash_matmul(a, b), same = ash_tensordot(a, b, "0", "0");
        assert_good(dot);
        assert_int_equal(ash_array_dtype(dot), dtypes[d]);
        assert_int_equal(ash_ndim(dot), 0);
        assert_non_null(strstr(ash_explain(ctx, 1, &dot, NULL), dtypes[d] == ASH_BOOL ? "fold     any" : "fold     sum"));
        char found[2][16] = { { 0 } };
        assert_done(ctx, ash_compute(dot, found[0], ash_dtype_size(dtypes[d]), NULL));
        assert_done(ctx, ash_compute(same, found[1], ash_dtype_size(dtypes[d]), &(ash_compute_options){ .executor = "serial" }));
        assert_memory_equal(found[0], found[1], sizeof found[0]);
        if (is_floating(dtypes[d])) {
            double real = creal(get(dtypes[d], found[0], 0));
            assert_true(real == (dtypes[d] == ASH_FLOAT32 ? (double)(float)expected : (double)expected));
        } else {
            uint64_t low = dtypes[d] == ASH_BOOL ? 1 : (uint64_t)expected & (dtypes[d] == ASH_INT8 ? 255 : UINT64_MAX);
            assert_int_equal(get_bits(dtypes[d], found[0], 0), low);
        }
        ash_context_free(ctx);
    }
}

/* A tall matrix with itself: names and coordinates as of any product. */
static void long_sums_keep_dimensions(void **unused) {
    (void)unused;
    enum { K = 70000, N = 6 };
    ash_context *ctx = context_with(2, "openmp");
    ash_array flat = whole_numbers(ctx, (int64_t)K * N, 5, ASH_FLOAT64);
    ash_array x = ash_set_dims(ash_reshape(flat, "70000,6"), "time,mode");
    ash_array product = ash_matmul(ash_transpose(x, "mode,time"), ash_set_dims(x, "time,other"));
    double *found = values_of(product);
    assert_string_equal(ash_dim_name(product, 0), "mode");
    assert_string_equal(ash_dim_name(product, 1), "other");
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++) {
            int64_t sum = 0;
            for (int64_t k = 0; k < K; k++) {
                sum += whole_number(k * N + i, 5) * whole_number(k * N + j, 5);
            }
            assert_true(found[i * N + j] == (double)sum);
        }
    }
    free(found);
    ash_context_free(ctx);
}

/* Compares a part of a product with that part of the whole, which is in memory. */
static void check_part(ash_array product, const void *whole, int64_t rows, int64_t columns, const int64_t at[4]) {
    ash_dtype dtype = ash_array_dtype(product);
    int64_t size = ash_dtype_size(dtype), height = at[1] - at[0], width = at[3] - at[2];
    char index[80];
    snprintf(index, sizeof index, "%d:%d, %d:%d", (int)at[0], (int)at[1], (int)at[2], (int)at[3]);
    char *found = values_of(ash_index(product, index));
    for (int64_t i = 0; i < height; i++) {
        if (memcmp(found + i * width * size, (const char *)whole + ((at[0] + i) * columns + at[2]) * size, (size_t)(width * size)) != 0) {
            fail_msg("%s (%d, %d), part [%s]: other bits", ash_dtype_name(dtype), (int)rows, (int)columns, index);
        }
    }
    free(found);
}

/* Rows and columns alone have the bits that they have in the whole, whatever BLAS makes of other extents. */
static void parts_have_the_same_bits(void **unused) {
    (void)unused;
    static const ash_dtype dtypes[] = { ASH_FLOAT32, ASH_FLOAT64, ASH_COMPLEX64, ASH_COMPLEX128, ASH_INT32 };
    static const int64_t shapes[][3] = { { 1100, 70, 1600 }, { 99, 100, 101 }, { 300, 280, 250 }, { 1, 400, 900 }, { 700, 1, 900 },
        { 500, 2, 500 }, { 30, 1100, 800 }, { 60, 5, 9000 } };
    for (int d = 0; d < 5; d++) {
        for (int s = 0; s < (int)(sizeof shapes / sizeof *shapes); s++) {
            int64_t rows = shapes[s][0], columns = shapes[s][1], r = rows / 3, c = columns / 2;
            matrix a = matrix_new(dtypes[d], rows, shapes[s][2]), b = matrix_new(dtypes[d], shapes[s][2], columns);
            ash_context *ctx = context_with(2, "openmp");
            void *memory[2];
            lay how = (lay)((d + s) % LAYS), other = (lay)((d + s / 2 + 1) % LAYS);
            ash_array product = ash_matmul(laid(ctx, &a, how, NULL, &memory[0]), laid(ctx, &b, other, NULL, &memory[1]));
            char *whole = values_of(product);
            const int64_t parts[][4] = { { r, r + 1, c, c + 1 }, { r, r + 1, 0, columns }, { 0, rows, c, c + 1 }, { 0, r + 1, 0, c + 1 },
                { r, rows, c, columns }, { rows - 1, rows, columns - 1, columns } };
            for (int p = 0; p < (int)(sizeof parts / sizeof *parts); p++) {
                check_part(product, whole, rows, columns, parts[p]);
            }
            ash_context_free(ctx);
            free(whole), free(memory[0]), free(memory[1]), free(a.dense), free(b.dense);
        }
    }
}

/* Of contractions too, whose rows and columns are several axes. */
static void parts_of_contractions(void **unused) {
    (void)unused;
    enum { P = 6, Q = 50, R = 40, K = 90 };
    static const char *const parts[] = { "3, 7, 2, 5", "3, :, 2:4, 11", ":, 49, :, 39", "1:5, 3:40, 0, 20:" };
    static double a[P * Q * K], b[K * P * R];
    for (int i = 0; i < P * Q * K; i++) {
        a[i] = noise();
    }
    for (int i = 0; i < K * P * R; i++) {
        b[i] = noise();
    }
    ash_context *ctx = context_with(2, "openmp");
    ash_array x = ash_from_buffer(ctx, ASH_FLOAT64, 3, (int64_t[]){ P, Q, K }, a, NULL);
    ash_array y = ash_from_buffer(ctx, ASH_FLOAT64, 3, (int64_t[]){ K, P, R }, b, NULL);
    ash_array all = ash_tensordot(x, y, "2", "0");
    double *whole = values_of(all);
    ash_array known = ash_from_buffer(ctx, ASH_FLOAT64, 4, (int64_t[]){ P, Q, P, R }, whole, NULL);
    for (int p = 0; p < 4; p++) {
        ash_array part = ash_index(all, parts[p]);
        double *found = values_of(part), *expected = values_of(ash_index(known, parts[p]));
        assert_memory_equal(found, expected, sizeof(double) * ash_size(part));
        free(found), free(expected);
    }
    ash_context_free(ctx);
    free(whole);
}

/* ---- Not numbers, batches, the host's threads ---- */

static void not_numbers(void **unused) {
    (void)unused;
    static const double a[2][2] = { { 1, INFINITY }, { 0, 3 } }, b[2][3] = { { NAN, 1, 0 }, { 2, 0, 5 } };
    static const double expected[2][3] = { { NAN, NAN, INFINITY }, { NAN, 0, 15 } };
    ash_context *ctx = context_with(1, NULL);
    ash_array x = ash_from_buffer(ctx, ASH_FLOAT64, 2, (int64_t[]){ 2, 2 }, a, NULL),
              y = ash_from_buffer(ctx, ASH_FLOAT64, 2, (int64_t[]){ 2, 3 }, b, NULL);
    static const ash_dtype dtypes[] = { ASH_FLOAT32, ASH_FLOAT64, ASH_COMPLEX64, ASH_COMPLEX128 };
    for (int d = 0; d < 4; d++) {
        ash_array product = ash_matmul(ash_cast(x, dtypes[d]), ash_cast(y, dtypes[d]));
        double *real = values_of(ash_cast(d < 2 ? product : ash_real_part(product), ASH_FLOAT64));
        for (int i = 0; i < 6; i++) {
            double want = expected[i / 3][i % 3];
            int complex_unknown = d >= 2 && !isfinite(want); /* infinity times 0 in the imaginary part spoils the real one or not */
            assert_true(complex_unknown || real[i] == want || (isnan(real[i]) && isnan(want)));
        }
        free(real);
    }
    ash_context_free(ctx);
}

/* Batches of both inputs, repeated where they have one matrix; each is the product of its matrices. */
static void batches(void **unused) {
    (void)unused;
    enum { P = 3, Q = 4, M = 20, N = 30, K = 25 };
    static double a[P][M][K], b[Q][K][N];
    for (int i = 0; i < P * M * K; i++) {
        (&a[0][0][0])[i] = noise();
    }
    for (int i = 0; i < Q * K * N; i++) {
        (&b[0][0][0])[i] = noise();
    }
    ash_context *ctx = context_with(2, "openmp");
    ash_array x = ash_from_buffer(ctx, ASH_FLOAT64, 4, (int64_t[]){ P, 1, M, K }, a, NULL);
    ash_array y = ash_from_buffer(ctx, ASH_FLOAT64, 3, (int64_t[]){ Q, K, N }, b, NULL);
    double *all = values_of(ash_matmul(x, y));
    for (int p = 0; p < P; p++) {
        for (int q = 0; q < Q; q++) {
            ash_array one = ash_matmul(ash_from_buffer(ctx, ASH_FLOAT64, 2, (int64_t[]){ M, K }, a[p], NULL),
                ash_from_buffer(ctx, ASH_FLOAT64, 2, (int64_t[]){ K, N }, b[q], NULL));
            double *alone = values_of(one);
            assert_memory_equal(alone, all + (p * Q + q) * M * N, sizeof(double) * M * N);
            free(alone);
            char text[40];
            snprintf(text, sizeof text, "%d, %d, 7, 3:9", p, q);
            alone = values_of(ash_index(ash_matmul(x, y), text));
            assert_memory_equal(alone, all + ((p * Q + q) * M + 7) * N + 3, sizeof(double) * 6);
            free(alone);
        }
    }
    free(all);
    ash_context_free(ctx);
}

static void the_hosts_threads_are_left_alone(void **unused) {
    (void)unused;
    if (!openblas_get_num_threads) {
        skip();
    }
    int before = openblas_get_num_threads();
    openblas_set_num_threads(2);
    int during = openblas_get_num_threads(); /* one, of a library without threads */
    matrix a = matrix_new(ASH_FLOAT64, 300, 300);
    free(bits_of(2, "openmp", 0, &a, &a, DENSE, DENSE, 0));
    assert_int_equal(openblas_get_num_threads(), during);
    free(bits_of(1, "serial", 0, &a, &a, DENSE, DENSE, 0));
    assert_int_equal(openblas_get_num_threads(), during);
    openblas_set_num_threads(before);
    free(a.dense);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_dtype_and_size),
        cmocka_unit_test(same_bits),
        cmocka_unit_test(long_sums_are_shared_out),
        cmocka_unit_test(long_sums_keep_dimensions),
        cmocka_unit_test(parts_have_the_same_bits),
        cmocka_unit_test(parts_of_contractions),
        cmocka_unit_test(not_numbers),
        cmocka_unit_test(batches),
        cmocka_unit_test(the_hosts_threads_are_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
