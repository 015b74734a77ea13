/* Indexing, transposing, squeezing, broadcasting, rechunking: shapes, values, grids; strides of any kind; very many dimensions and none. */
#include "core_test.h"

/* The array has this shape and, in row-major order, these values. */
static void expect(ash_array a, int ndim, const int64_t shape[], const double values[]) {
    assert_good(a);
    assert_int_equal(ash_ndim(a), ndim);
    for (int k = 0; k < ndim; k++) {
        assert_int_equal(ash_extent(a, k), shape[k]);
    }
    double *found = values_of(a);
    for (int64_t k = 0; k < ash_size(a); k++) {
        if (found[k] != values[k]) {
            fail_msg("element %lld: expected %g, found %g", (long long)k, values[k], found[k]);
        }
    }
    free(found);
}

#define SHAPE(...) \
    (sizeof((int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t)), (const int64_t[]) { \
        __VA_ARGS__ \
    }
#define VALUES(...) \
    (const double[]) { \
        __VA_ARGS__ \
    }

static const double data[12] = { 0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23 };

static ash_array matrix(ash_context *ctx, const char *chunks) {
    return ash_from_buffer(ctx, ASH_FLOAT64, 2, (int64_t[]){ 3, 4 }, data, &(ash_make_options){ .dims = "y,x", .chunks = chunks });
}

static void indexing(void **state) {
    (void)state;
    static const char *const chunkings[] = { NULL, "1,1", "2,3", "-1,1+3" };
    ash_context *ctx = context_with(2, NULL);
    for (int k = 0; k < 4; k++) {
        ash_array a = matrix(ctx, chunkings[k]);
        expect(ash_index(a, "1"), SHAPE(4), VALUES(10, 11, 12, 13));
        expect(ash_index(a, "1, -1"), 0, NULL, VALUES(13));
        expect(ash_index(a, ":, 1"), SHAPE(3), VALUES(1, 11, 21));
        expect(ash_index(a, "..., 1"), SHAPE(3), VALUES(1, 11, 21));
        expect(ash_index(a, "::-1, ::2"), SHAPE(3, 2), VALUES(20, 22, 10, 12, 0, 2));
        expect(ash_index(a, "-2:, 3:0:-2"), SHAPE(2, 2), VALUES(13, 11, 23, 21));
        expect(ash_index(a, "0:100, -100:1"), SHAPE(3, 1), VALUES(0, 10, 20));
        expect(ash_index(a, "2:1"), SHAPE(0, 4), NULL);
        expect(ash_index(a, "newaxis, 0, newaxis, 1:3"), SHAPE(1, 1, 2), VALUES(1, 2));
        expect(ash_index(a, "x=2"), SHAPE(3), VALUES(2, 12, 22));
        expect(ash_index(a, "x=::3, y=0:2"), SHAPE(2, 2), VALUES(0, 3, 10, 13));
        expect(ash_index(a, ""), SHAPE(3, 4), data);
        expect(ash_index(ash_index(ash_index(a, "::-1"), "::2, ::-1"), "1, 1:3"), SHAPE(2), VALUES(2, 1));
        expect(ash_transpose(a, NULL), SHAPE(4, 3), VALUES(0, 10, 20, 1, 11, 21, 2, 12, 22, 3, 13, 23));
        expect(ash_transpose(ash_index(a, "1:, 0::2"), "x,y"), SHAPE(2, 2), VALUES(10, 20, 12, 22));
        expect(ash_squeeze(ash_index(a, "1:2, 2:3"), NULL), 0, NULL, VALUES(12));
        expect(ash_squeeze(ash_index(a, "1:2, 2:4"), "y"), SHAPE(2), VALUES(12, 13));
        expect(ash_broadcast_to(ash_index(a, "1:, 0:1"), SHAPE(2, 2, 2)), SHAPE(2, 2, 2), VALUES(10, 10, 20, 20, 10, 10, 20, 20));
        expect(ash_broadcast_to(ash_real(ctx, 7), SHAPE(2)), SHAPE(2), VALUES(7, 7));
        expect(ash_sum(ash_index(a, "::-1, 1:3"), "x"), SHAPE(3), VALUES(43, 23, 3));
    }
    ash_context_free(ctx);
}

static void grids_follow(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    ash_array a = ash_arange(ctx, 0, 10, 1, &(ash_make_options){ .chunks = "3+4+3" });
    const struct {
        ash_array a;
        int n;
        int64_t extent[5];
    } rows[] = {
        { a, 3, { 3, 4, 3 } },
        { ash_index(a, "1:9"), 3, { 2, 4, 2 } },
        { ash_index(a, "::-1"), 3, { 3, 4, 3 } },
        { ash_index(a, "2:4"), 2, { 1, 1 } },
        { ash_index(a, "::4"), 3, { 1, 1, 1 } },
        { ash_index(a, "4:6"), 1, { 2 } },
        { ash_index(a, "5:5"), 1, { 0 } },
        { ash_rechunk(a, "4"), 3, { 4, 4, 2 } },
        { ash_rechunk(a, "-1"), 1, { 10 } },
        { ash_rechunk(a, "0"), 3, { 3, 4, 3 } },
        { ash_rechunk(a, "1+9"), 2, { 1, 9 } },
        { ash_rechunk(a, "100"), 1, { 10 } },
        { ash_add(a, ash_int(ctx, 1)), 3, { 3, 4, 3 } },
        { ash_index(ash_rechunk(a, "4"), "1:"), 3, { 3, 4, 2 } },
    };
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        assert_good(rows[r].a);
        assert_int_equal(ash_chunk_count(rows[r].a, 0), rows[r].n);
        for (int k = 0; k < rows[r].n; k++) {
            assert_int_equal(ash_chunk_extent(rows[r].a, 0, k), rows[r].extent[k]);
        }
        assert_int_equal(ash_chunk_extent(rows[r].a, 0, rows[r].n), -1);
        free(values_of(rows[r].a));
    }
    ash_context_free(ctx);
}

/* A struct's field, a matrix by columns, an image upside down, one row for all. */
static void strided_memory(void **state) {
    (void)state;
    ash_context *ctx = context_with(2, NULL);
    struct {
        float other;
        double value;
    } records[3] = { { 0, 1.5 }, { 0, 2.5 }, { 0, 3.5 } };
    ash_array field = ash_from_buffer(ctx, ASH_FLOAT64, 1, (int64_t[]){ 3 }, &records[0].value,
        &(ash_make_options){ .strides = (int64_t[]){ sizeof records[0] }, .chunks = "2" });
    expect(field, SHAPE(3), VALUES(1.5, 2.5, 3.5));
    ash_array columns = ash_from_buffer(
        ctx, ASH_FLOAT64, 2, (int64_t[]){ 4, 3 }, data, &(ash_make_options){ .strides = (int64_t[]){ 8, 32 }, .chunks = "3,2" });
    expect(columns, SHAPE(4, 3), VALUES(0, 10, 20, 1, 11, 21, 2, 12, 22, 3, 13, 23));
    ash_array upside_down = ash_from_buffer(
        ctx, ASH_FLOAT64, 2, (int64_t[]){ 3, 4 }, &data[8], &(ash_make_options){ .strides = (int64_t[]){ -32, 8 }, .chunks = "2,-1" });
    expect(ash_index(upside_down, ":, 0"), SHAPE(3), VALUES(20, 10, 0));
    ash_array repeated =
        ash_from_buffer(ctx, ASH_FLOAT64, 2, (int64_t[]){ 3, 2 }, &data[1], &(ash_make_options){ .strides = (int64_t[]){ 0, 8 } });
    expect(ash_sub(repeated, ash_index(columns, ":3, :2")), SHAPE(3, 2), VALUES(1, -8, 0, -9, -1, -10));
    expect(ash_sum(upside_down, "0"), SHAPE(4), VALUES(30, 33, 36, 39));
    ash_context_free(ctx);
}

/* The caller's memory is read when the array is computed, not when it is made. */
static void memory_is_read_at_each_compute(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    double x[2] = { 1, 2 };
    ash_array total = ash_sum(vector_of(ctx, ASH_FLOAT64, 2, x, NULL), NULL);
    assert_true(real_of(total) == 3);
    x[0] = 5;
    assert_true(real_of(total) == 7);
    ash_context_free(ctx);
}

static void sixteen_dimensions_and_none(void **state) {
    (void)state;
    ash_context *ctx = context_with(2, NULL);
    int64_t shape[16];
    static int64_t values[65536];
    char text[200] = "";
    for (int k = 0; k < 16; k++) {
        shape[k] = 2;
        strcat(text, k ? ",1" : "1");
    }
    for (int64_t k = 0; k < 65536; k++) {
        values[k] = k;
    }
    ash_array a = ash_from_buffer(ctx, ASH_INT64, 16, shape, values, &(ash_make_options){ .chunks = NULL });
    assert_int_equal(integer_of(ash_sum(a, NULL)), 65536LL * 65535 / 2);
    assert_int_equal(integer_of(ash_max(ash_transpose(ash_rechunk(ash_index(a, "0,0,0,0,0,0"), "1,1,1,1,1,2,2,2,2,2"), NULL), NULL)), 1023);
    assert_false(ash_ok(ash_index(a, "newaxis")));
    int64_t *transposed = values_of(ash_transpose(a, NULL));
    for (int64_t k = 0; k < 65536; k++) {
        int64_t reversed = 0;
        for (int bit = 0; bit < 16; bit++) {
            reversed |= (k >> bit & 1) << (15 - bit);
        }
        assert_int_equal(transposed[k], reversed);
    }
    free(transposed);
    ash_array scalar = ash_from_buffer(ctx, ASH_INT64, 0, NULL, &values[7], NULL);
    assert_int_equal(integer_of(ash_sum(ash_add(scalar, ash_int(ctx, 1)), NULL)), 8);
    assert_int_equal(integer_of(ash_transpose(ash_rechunk(scalar, ""), NULL)), 7);
    assert_int_equal(ash_size(scalar), 1);
    assert_int_equal(ash_chunk_count(scalar, 0), -1);
    ash_context_free(ctx);
}

static void ramps(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    assert_int_equal(ash_size(ash_arange(ctx, 0, 10, 3, NULL)), 4);
    assert_int_equal(ash_size(ash_arange(ctx, 10, 0, -3, NULL)), 4);
    assert_int_equal(ash_size(ash_arange(ctx, 5, 5, 1, NULL)), 0);
    assert_int_equal(ash_size(ash_arange(ctx, 5, 0, 1, NULL)), 0);
    assert_int_equal(ash_size(ash_arange(ctx, INT64_MAX - 2, INT64_MAX, 2, NULL)), 1);
    assert_false(ash_ok(ash_arange(ctx, INT64_MIN, INT64_MAX, 1, NULL)));
    int64_t *down = values_of(ash_arange(ctx, 10, 0, -3, &(ash_make_options){ .chunks = "3" }));
    assert_true(down[0] == 10 && down[1] == 7 && down[2] == 4 && down[3] == 1);
    free(down);
    double *line = values_of(ash_linspace(ctx, 0, 1, 11, &(ash_make_options){ .chunks = "4" }));
    assert_true(line[0] == 0 && line[3] == 0.1 * 3 && line[10] == 1);
    free(line);
    expect(ash_index(ash_linspace(ctx, 0.5, 0.9, 5, NULL), "::-2"), SHAPE(3), VALUES(0.9, 0.5 + 2 * (0.9 - 0.5) / 4, 0.5));
    expect(ash_linspace(ctx, 3, 9, 1, NULL), SHAPE(1), VALUES(3));
    expect(ash_linspace(ctx, 3, 9, 0, NULL), SHAPE(0), NULL);
    ash_context_free(ctx);
}

/* Large arrays that take no memory are reduced without ever being made. */
static void constants_take_no_memory(void **state) {
    (void)state;
    ash_context *ctx = ash_context_new(&(ash_context_options){ .num_threads = 1, .memory_limit = 64 << 20 });
    assert_non_null(ctx);
    assert_true(real_of(ash_sum(ash_ones(ctx, ASH_FLOAT64, 2, (int64_t[]){ 3000, 10000 }, NULL), NULL)) == 3e7);
    assert_int_equal(integer_of(ash_max(ash_arange(ctx, 0, 30000000, 1, NULL), NULL)), 29999999);
    ash_context_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(indexing),
        cmocka_unit_test(grids_follow),
        cmocka_unit_test(strided_memory),
        cmocka_unit_test(memory_is_read_at_each_compute),
        cmocka_unit_test(sixteen_dimensions_and_none),
        cmocka_unit_test(ramps),
        cmocka_unit_test(constants_take_no_memory),
    };
    return cmocka_run_group_tests_name("shape", tests, NULL, NULL);
}
