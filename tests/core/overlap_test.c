/* Functions of the user's over chunks with halos, padding, and overlapping chunks. */
#include "map_support.h"

#include <math.h>
#include <stdatomic.h>

/* output = the sum of a box of the input around each element, as far as the halo goes. */
static ash_status box_sum(const ash_function_call *call, void *user) {
    const ash_function_block *in = call->input[0], *out = call->output[0];
    const int64_t *reach = call->argument; /* before and after, per dimension */
    (void)user;
    EACH(out, i, j, k) {
        double sum = 0;
        for (int64_t y = i - reach[0]; y <= i + reach[1]; y++) {
            for (int64_t x = j - reach[2]; x <= j + reach[3]; x++) {
                int there =
                    y >= -in->before[0] && y < in->extent[0] + in->after[0] && x >= -in->before[1] && x < in->extent[1] + in->after[1];
                sum += there ? *at(in, y, x, 0) : 0;
            }
        }
        *at(out, i, j, k) = sum;
    }
    return ASH_OK;
}

/* The same by slices of the padded array. */
static ash_array slow_box_sum(ash_array a, const char *width, const char *mode, const int64_t reach[4]) {
    ash_array padded = ash_pad(a, width, mode), sum = { 0 };
    for (int64_t y = 0; y <= reach[0] + reach[1]; y++) {
        for (int64_t x = 0; x <= reach[2] + reach[3]; x++) {
            char text[100];
            snprintf(text, sizeof text, "%d:%d, %d:%d", (int)y, (int)(y + ash_extent(a, 0)), (int)x, (int)(x + ash_extent(a, 1)));
            ash_array one = ash_index(padded, text);
            sum = sum.context ? ash_add(sum, one) : one;
        }
    }
    return sum;
}

static void stencils(void **state) {
    (void)state;
    static const struct {
        const char *depth;
        int64_t reach[4];
    } cases[] = { { "1", { 1, 1, 1, 1 } }, { "1:0, 0:2", { 1, 0, 0, 2 } }, { "4, 3", { 4, 4, 3, 3 } }, { "2:11, 0", { 2, 11, 0, 0 } } };
    static const char *const names[] = { "0", "reflect", "mirror", "periodic", "nearest", NULL };
    static const char *const modes[] = { "constant", "symmetric", "reflect", "wrap", "edge", "constant" };
    static const char *const grids[] = { "2,3", "1+4,-1", "3+2,1+1+5", "1,1" };
    for (int threads = 1; threads <= 3; threads += 2) {
        for (int strided = 0; strided < 2; strided++) {
            ash_context *ctx = context_with(threads, NULL);
            assert_done(ctx, ash_register(ctx, &(ash_function_definition){ .name = "box", .function = box_sum, .strided = strided }));
            for (int c = 0; c < COUNT(cases) * COUNT(names) * COUNT(grids); c++) {
                int which = c % COUNT(cases), name = c / COUNT(cases) % COUNT(names), grid = c / COUNT(cases) / COUNT(names);
                ash_scope_begin(ctx);
                ash_array a = field(ctx, NULL, NULL), cut = ash_rechunk(c % 2 ? ash_negative(ash_negative(a)) : a, grids[grid]), sum;
                ash_map_output output = { .dtype = ASH_FLOAT64 };
                ash_map_overlap_with(ctx, "box", 1, &cut, cases[which].depth, names[name], 1, &output,
                    &(ash_map_options){ .argument = cases[which].reach, .argument_bytes = sizeof cases[which].reach }, &sum);
                assert_same(sum, slow_box_sum(a, cases[which].depth, modes[name], cases[which].reach));
                ash_scope_end(ctx, NULL, 0);
            }
            ash_context_free(ctx);
        }
    }
}

/* Figures of numpy.pad(arange(12).reshape(3, 4), ((1, 2), (3, 0))), and of axes shorter than their padding. */
static void padding_is_numpys(void **state) {
    (void)state;
    static const struct {
        const char *mode;
        int64_t expected[6 * 7];
    } cases[] = {
        { "constant",
            { 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 0, 1, 2, 3, 9, 9, 9, 4, 5, 6, 7, 9, 9, 9, 8, 9, 10, 11, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9,
                9 } },
        { "edge",
            { 0, 0, 0, 0, 1, 2, 3, 0, 0, 0, 0, 1, 2, 3, 4, 4, 4, 4, 5, 6, 7, 8, 8, 8, 8, 9, 10, 11, 8, 8, 8, 8, 9, 10, 11, 8, 8, 8, 8, 9,
                10, 11 } },
        { "reflect",
            { 7, 6, 5, 4, 5, 6, 7, 3, 2, 1, 0, 1, 2, 3, 7, 6, 5, 4, 5, 6, 7, 11, 10, 9, 8, 9, 10, 11, 7, 6, 5, 4, 5, 6, 7, 3, 2, 1, 0, 1, 2,
                3 } },
        { "symmetric",
            { 2, 1, 0, 0, 1, 2, 3, 2, 1, 0, 0, 1, 2, 3, 6, 5, 4, 4, 5, 6, 7, 10, 9, 8, 8, 9, 10, 11, 10, 9, 8, 8, 9, 10, 11, 6, 5, 4, 4, 5,
                6, 7 } },
        { "wrap",
            { 9, 10, 11, 8, 9, 10, 11, 1, 2, 3, 0, 1, 2, 3, 5, 6, 7, 4, 5, 6, 7, 9, 10, 11, 8, 9, 10, 11, 1, 2, 3, 0, 1, 2, 3, 5, 6, 7, 4,
                5, 6, 7 } },
    };
    static const struct {
        const char *mode;
        int64_t expected[18];
    } longer[] = { { "reflect", { 1, 2, 1, 0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2 } },
        { "symmetric", { 0, 0, 1, 2, 2, 1, 0, 0, 1, 2, 2, 1, 0, 0, 1, 2, 2, 1 } },
        { "wrap", { 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1 } } };
    static const char *const grids[] = { "-1,-1", "2,3", "1+2,1+3", "1,1" };
    ash_context *ctx = context_with(2, NULL);
    ash_pad_options nine = { .value = ash_int(ctx, 9) };
    int64_t numbers[12];
    for (int k = 0; k < 12; k++) {
        numbers[k] = k;
    }
    for (int g = 0; g < COUNT(grids); g++) {
        ash_array a = ash_from_buffer(ctx, ASH_INT64, 2, (int64_t[]){ 3, 4 }, numbers, &(ash_make_options){ .chunks = grids[g] });
        for (int c = 0; c < COUNT(cases); c++) {
            int64_t *found = values_of(ash_pad_with(a, "1:2, 3:0", cases[c].mode, &nine));
            assert_memory_equal(found, cases[c].expected, sizeof cases[c].expected);
            free(found);
        }
    }
    for (int c = 0; c < COUNT(longer); c++) {
        for (int cut = 1; cut <= 3; cut++) {
            char chunks[16];
            snprintf(chunks, sizeof chunks, "%d", cut);
            int64_t *found = values_of(ash_pad(ash_arange(ctx, 0, 3, 1, &(ash_make_options){ .chunks = chunks }), "7:8", longer[c].mode));
            assert_memory_equal(found, longer[c].expected, sizeof longer[c].expected);
            free(found);
        }
    }
    ash_array wide = ash_pad(ash_ones(ctx, ASH_FLOAT64, 1, (int64_t[]){ 10 }, NULL), "3000000", "edge"); /* chunks of 4 MiB */
    assert_int_equal(ash_chunk_count(wide, 0), 13);
    assert_true(real_of(ash_sum(wide, NULL)) == 6000010);
    ash_context_free(ctx);
}

/* The example of dask.array.overlap.overlap: arange(64).reshape(8, 8) in chunks of 4 by 4, depth {0: 2, 1: 1}, boundary {0: 100, 1: 'reflect'}. */
static void halos_are_dasks(void **state) {
    (void)state;
    static const int64_t expected[][12] = { { 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100 },
        { 0, 0, 1, 2, 3, 4, 3, 4, 5, 6, 7, 7 }, { 40, 40, 41, 42, 43, 44, 43, 44, 45, 46, 47, 47 },
        { 16, 16, 17, 18, 19, 20, 19, 20, 21, 22, 23, 23 } };
    static const int at[] = { 0, 2, 7, 8 };
    ash_context *ctx = context_with(2, NULL);
    int64_t numbers[64];
    for (int k = 0; k < 64; k++) {
        numbers[k] = k;
    }
    ash_array a = ash_from_buffer(ctx, ASH_INT64, 2, (int64_t[]){ 8, 8 }, numbers, &(ash_make_options){ .chunks = "4,4" });
    ash_array extended = ash_overlap(a, "0=2, 1=1", "0=100, 1=reflect");
    int64_t *found = values_of(extended);
    assert_int_equal(ash_chunk_extent(extended, 0, 1), 8);
    assert_int_equal(ash_chunk_extent(extended, 1, 0), 6);
    for (int k = 0; k < COUNT(at); k++) {
        assert_memory_equal(found + at[k] * 12, expected[k], sizeof expected[k]);
    }
    assert_memory_equal(found + 15 * 12, expected[0], sizeof expected[0]);
    free(found);
    int64_t *corners = values_of(ash_overlap(ash_index(a, "1:2, 0:1"), "1", "5, 7")); /* the last dimension decides */
    static const int64_t crossed[] = { 7, 5, 7, 7, 8, 7, 7, 5, 7 };
    assert_memory_equal(corners, crossed, sizeof crossed);
    free(corners);
    ash_context_free(ctx);
}

static atomic_int reads;

static ash_status read_ramp(
    void *user, int32_t ndim, const int64_t start[], const int64_t extent[], void *buffer, char *message, int64_t message_bytes) {
    double *out = buffer;
    (void)user, (void)ndim, (void)message, (void)message_bytes;
    atomic_fetch_add(&reads, 1);
    for (int64_t i = start[0]; i < start[0] + extent[0]; i++) {
        for (int64_t j = start[1]; j < start[1] + extent[1]; j++) {
            *out++ = (double)(i * 1000 + j);
        }
    }
    return ASH_OK;
}

/* What is stored is read once, though halos overlap; where memory is short it is read again, with the same result. */
static void stored_inputs(void **state) {
    (void)state;
    ash_context *ctx = context_with(2, NULL);
    register_it(ctx, "box", box_sum, NULL);
    int64_t shape[] = { 300, 400 }, reach[] = { 2, 2, 1, 3 };
    ash_array a =
        ash_from_source(ctx, ASH_FLOAT64, 2, shape, read_ramp, NULL, &(ash_source_options){ .chunks = "50,100", .thread_safe = true });
    ash_map_output output = { .dtype = ASH_FLOAT64 };
    ash_map_options options = { .argument = reach, .argument_bytes = sizeof reach };
    ash_array sum;
    ash_map_overlap_with(ctx, "box", 1, &a, "2, 1:3", "periodic", 1, &output, &options, &sum);
    atomic_store(&reads, 0);
    double *first = values_of(sum);
    assert_int_equal(atomic_load(&reads), 24);
    ash_plan_info info = { 0 };
    assert_done(ctx, ash_plan_query(ctx, 1, &sum, NULL, &info));
    double *again = malloc(sizeof(double) * 300 * 400);
    assert_done(ctx, ash_compute(sum, again, 300 * 400 * 8, &(ash_compute_options){ .memory_limit = info.least_limit }));
    assert_memory_equal(first, again, sizeof(double) * 300 * 400);
    atomic_store(&reads, 0);
    assert_done(ctx, ash_compute(ash_index(sum, "60:90, 120:180"), again, 30 * 60 * 8, NULL));
    assert_int_equal(atomic_load(&reads), 9); /* one chunk of the result is made of nine */
    free(first);
    free(again);
    ash_context_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stencils),
        cmocka_unit_test(padding_is_numpys),
        cmocka_unit_test(halos_are_dasks),
        cmocka_unit_test(stored_inputs),
    };
    return cmocka_run_group_tests_name("overlap", tests, NULL, NULL);
}
