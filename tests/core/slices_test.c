/* Slices reach the stored chunks through every operation that works by blocks, and through running values: elements read and chunks decoded are counted, none more than the
 * slice needs; the bits are those of the whole result, and the least limit is still exact. */
#include "netcdf_support.h"

/* Stored in chunks of 10 by 20 by 50. */
enum { STEPS = 80, LAT = 60, LON = 100, SIZE = STEPS * LAT * LON, STORED = 10 * 20 * 50 };
static float values[SIZE];

static int make_input(void **state) {
    uint32_t noise = 1;
    if (make_test_folder(state) != 0) {
        return -1;
    }
    for (int k = 0; k < SIZE; k++) {
        noise = noise * 1664525u + 1013904223u;
        values[k] = (float)(noise >> 8) / 3e6f - 2;
    }
    ash_context *ctx = context_with(1, NULL);
    ash_array a = ash_from_buffer(
        ctx, ASH_FLOAT32, 3, (int64_t[]){ STEPS, LAT, LON }, values, &(ash_make_options){ .dims = "time,lat,lon", .chunks = "10,20,50" });
    ash_status status = ash_write(a, test_path("in.nc"), "t", &(ash_write_options){ .deflate = 1, .shuffle = true });
    ash_context_free(ctx);
    return status == ASH_OK ? 0 : -1;
}

/* ---- Operations ---- */

/* What each makes of the stored array. */
typedef ash_array operation(ash_array t);

static ash_array joined(ash_array t) {
    return ash_concatenate(3, (ash_array[]){ t, t, t }, "time");
}

static ash_array joined_along_rows(ash_array t) {
    return ash_concatenate(2, (ash_array[]){ t, ash_negative(t) }, "lon");
}

static ash_array stacked(ash_array t) {
    return ash_stack(2, (ash_array[]){ t, t }, 0, "k");
}

static ash_array in_chunks(ash_array t) {
    ash_array chunk[8];
    for (int k = 0; k < 8; k++) {
        char text[32];
        snprintf(text, sizeof text, "%d:%d", 10 * k, 10 * k + 10);
        chunk[k] = ash_index(t, text);
    }
    return ash_from_chunks(8, chunk, 3, (int64_t[]){ 8, 1, 1 });
}

static ash_array padded(ash_array t) {
    return ash_pad(t, "time=2:3, lat=1", "constant");
}

static ash_array padded_at_edges(ash_array t) {
    return ash_pad(t, "time=4, lon=3", "edge");
}

static ash_array padded_by_mirrors(ash_array t) {
    return ash_pad(t, "time=3", "reflect");
}

static ash_array wrapped(ash_array t) {
    return ash_pad(t, "time=2", "wrap");
}

static ash_array overlapping(ash_array t) {
    return ash_overlap(t, "time=2, lat=1", "none");
}

static ash_array overlapping_around(ash_array t) {
    return ash_overlap(t, "lon=5", "periodic");
}

static ash_array trimmed(ash_array t) {
    return ash_trim_overlap(ash_overlap(t, "time=2, lon=3", "reflect"), "time=2, lon=3", "reflect");
}

static ash_array merged(ash_array t) {
    return ash_reshape(t, "a=80, b=-1");
}

static ash_array in_one(ash_array t) {
    return ash_ravel(t);
}

static ash_array split(ash_array t) {
    return ash_reshape(t, "a=8, b=10, c=60, d=100");
}

static ash_array split_within(ash_array t) {
    return ash_reshape(t, "a=80, b=60, c=20, d=5");
}

static ash_array split_and_merged(ash_array t) {
    return ash_reshape(t, "a=16, b=5, c=600, d=10");
}

static ash_array masked_rows(ash_array t) {
    static uint8_t mask[STEPS];
    for (int k = 0; k < STEPS; k++) {
        mask[k] = k % 3 == 1;
    }
    return ash_masked_select(t, vector_of(t.context, ASH_BOOL, STEPS, mask, NULL));
}

static ash_array some_positions(ash_array t) {
    return ash_take_list(t, 5, (int64_t[]){ 70, 3, 41, 3, -1 }, "time");
}

static ash_array some_elements(ash_array t) {
    return ash_take_list(t, 4, (int64_t[]){ 470000, 17, 30, 240000 }, NULL);
}

static ash_array compressed(ash_array t) {
    static uint8_t mask[LAT];
    for (int k = 0; k < LAT; k++) {
        mask[k] = k % 7 == 3;
    }
    return ash_compress(t, vector_of(t.context, ASH_BOOL, LAT, mask, NULL), "lat");
}

static ash_array along_an_axis(ash_array t) {
    ash_array shape = ash_zeros(t.context, ASH_INT64, 3, (int64_t[]){ 2, LAT, LON }, NULL);
    ash_array steps = ash_index(ash_mul(ash_arange(t.context, 0, 2, 1, NULL), ash_int(t.context, 47)), ":, newaxis, newaxis");
    return ash_take_along_axis(t, ash_add(shape, steps), "time");
}

static ash_array by_groups(ash_array t) {
    ash_array season = ash_remainder(ash_arange(t.context, 0, STEPS, 1, NULL), ash_int(t.context, 4));
    return ash_group_take(ash_index(ash_ravel(t), "0:6000:1000"), "0", season);
}

static ash_array product(ash_array t) {
    return ash_matmul(ash_index(t, "0"), ash_transpose(ash_index(t, "40"), NULL));
}

static ash_array products(ash_array t) {
    return ash_matmul(t, ash_transpose(t, "time,lon,lat"));
}

static ash_array with_vector(ash_array t) {
    return ash_matmul(ash_index(t, ":, 3, 5"), ash_index(t, ":, 3, :"));
}

static ash_array contracted(ash_array t) {
    return ash_tensordot(t, ash_index(t, ":, 0:30"), "lon", "lon");
}

static ash_array sums(ash_array t) {
    return ash_cumsum(t, "time");
}

static ash_array sums_of_rows(ash_array t) {
    return ash_cumsum(t, "lon");
}

static ash_array maxima(ash_array t) {
    return ash_nancummax(t, "lat");
}

static ash_array sums_from_the_end(ash_array t) {
    return ash_index(ash_cumsum(ash_index(t, "::-1"), "time"), "::-1");
}

static ash_array sums_of_sums(ash_array t) {
    return ash_cumsum(ash_cumsum(t, "time"), "lat");
}

static ash_array sums_and_more(ash_array t) {
    return ash_mean(ash_index(ash_sub(ash_mul(ash_cumsum(t, "time"), t), ash_real(t.context, 1)), ":, 7:9"), "lat");
}

static ash_array integrals(ash_array t) {
    return ash_cumulative_trapezoid_dx(t, 0.5, "time");
}

static ash_array several(ash_array t) {
    ash_array a = ash_pad(ash_cumsum(t, "time"), "lat=1", "edge"),
              b = ash_reshape(ash_concatenate(2, (ash_array[]){ a, a }, "lon"), "-1, 200");
    return ash_overlap(ash_stack(2, (ash_array[]){ b, b }, 1, NULL), "2, 0, 1", "reflect");
}

/* ---- Slices of them ----
 * One box around all that users take of a value is made, in the chunks that are met; rows of a file that are near each other are read with what lies between; running values are those of
 * whole chunks. */

typedef struct slice {
    const char *name;
    operation *made;
    const char *index;
    int64_t elements, chunks; /* that are read, and decoded */
} slice;

#define SLICE(made, index, elements, chunks) \
    { #made, made, index, elements, chunks }
static const slice slices[] = {
    SLICE(joined, "83, 5, 7", 1, 1),
    SLICE(joined, "78:82, 5, 7", 4, 2),
    SLICE(joined, "100:103, 5:8, 40:60", 3 * 3 * 20, 2),
    SLICE(joined_along_rows, "3, 5, 99:101", 2, 2),
    SLICE(stacked, "1, 3, 5, 7", 1, 1),
    SLICE(stacked, ":, 3, 5, 7", 2, 1),
    SLICE(in_chunks, "33, 5, 7", 1, 1),
    SLICE(in_chunks, "28:31, 5, 7", 3, 2),
    SLICE(padded, "5, 6, 7", 1, 1),
    SLICE(padded, "1, 6, 7", 0, 0),
    SLICE(padded, "0:4, 0:3, 7", 2 * 2, 1),
    SLICE(padded_at_edges, "0:3, 5, 0:2", 1, 1),
    SLICE(padded_by_mirrors, "0:3, 5, 7", 3, 1),
    SLICE(wrapped, "1, 5, 7", 1, 1),
    SLICE(wrapped, "82, 5, 7", 1, 1),
    SLICE(overlapping, "12, 5, 7", 1, 1),
    SLICE(overlapping, "11:14, 5, 7", 4, 2),
    SLICE(overlapping_around, "3, 5, 2", 1, 1),
    SLICE(trimmed, "3, 5, 7", 1, 1),
    SLICE(trimmed, "8:12, 5, 7", 4, 2),
    SLICE(merged, "3, 507", 1, 1),
    SLICE(merged, ":, 507", 80, 8),
    SLICE(merged, "3, 507:510", 3, 1),
    SLICE(in_one, "100007", 1, 1),
    SLICE(in_one, "123:127", 4, 1),
    SLICE(split, "3, 4, 5, 7", 1, 1),
    SLICE(split, ":, 4, 5, 7", 8, 8),
    SLICE(split_within, "3, 5, 1, 2", 1, 1),
    SLICE(split_within, "3, 5, :, 2", 20, 2),
    SLICE(split_and_merged, "3, 2, 50, 7", 1, 1),
    SLICE(masked_rows, "2, 5, 7", 10, 1),
    SLICE(masked_rows, ":, 5, 7", 80, 8),
    SLICE(some_positions, "1, 5, 7", 1, 1),
    SLICE(some_positions, ":, 5, 7", 12, 3),
    SLICE(some_elements, "1:3", 14, 1),
    SLICE(compressed, "3, 2, 7", 1, 1),
    SLICE(along_an_axis, "1, 5, 7", 1, 1),
    SLICE(by_groups, "5", 1, 1),
    SLICE(product, "5, 7", 200, 4),
    SLICE(product, "5:8, 7", 400, 4),
    SLICE(product, "5", 100 + 6000, 2 + 6),
    SLICE(products, "3, 5, 7", 300, 2),
    SLICE(products, "3:5, 5, 47:50", 2 * 25 * 100, 4),
    SLICE(with_vector, "7", 160, 16),
    SLICE(contracted, "3, 5, 43, 7", 3300, 4),
    SLICE(contracted, "3, 5, :, 7", 3 * 8000, 16),
    SLICE(sums, "33, 5, 7", 40, 4),
    SLICE(sums, "5:7, 5, 7", 10, 1),
    SLICE(sums, "0, 5, :", 1000, 2),
    SLICE(sums_of_rows, "3, 5, 60", 100, 2),
    SLICE(sums_of_rows, "3, 5, 7", 50, 1),
    SLICE(maxima, "3, 25, 7", 40, 2),
    SLICE(sums_from_the_end, "73, 5, 7", 10, 1),
    SLICE(sums_of_sums, "3, 5, 7", 10 * 20, 1),
    SLICE(sums_and_more, "33, 7", 2 * 40 + 2 * 10, 5),
    SLICE(integrals, "3, 5, 7", 10, 1),
    SLICE(several, "5, 0, 7", 10, 1),
};
enum { SLICES = sizeof slices / sizeof *slices };

static ash_array stored(ash_context *ctx, const char *chunks) {
    return ash_drop_coords(ash_open(ctx, test_path("in.nc"), "t", &(ash_open_options){ .chunks = chunks }), NULL);
}

static void *computed(ash_array a, const ash_compute_options *options) {
    int64_t bytes = ash_size(a) * ash_dtype_size(ash_array_dtype(a));
    void *memory = malloc((size_t)bytes + 1);
    assert_done(a.context, ash_compute(a, memory, bytes, options));
    return memory;
}

static void only_what_is_needed_is_read(void **state) {
    (void)state;
    int failed = 0;
    for (int k = 0; k < SLICES; k++) {
        ash_context *ctx = context_with(1, NULL);
        ash_array whole = slices[k].made(stored(ctx, "10,20,50"));
        assert_good(whole);
        ash_array part = ash_index(whole, slices[k].index);
        assert_good(part);
        ash_plan_info plan = { .size = sizeof plan };
        assert_done(ctx, ash_plan_query(ctx, 1, &part, NULL, &plan));
        free(computed(part, NULL));
        ash_plan_info run = ash_last_run(ctx);
        int told = plan.bytes_read == run.bytes_read || strstr(slices[k].name, "some"); /* of lists the plan knows the first and the last */
        if (run.bytes_read != slices[k].elements * 4 || run.bytes_decoded != slices[k].chunks * STORED * 4 || !told) {
            print_error("%s of %s: %lld elements read (plan: %lld), %d needed; %.1f chunks decoded, %d needed\n", slices[k].index,
                slices[k].name, (long long)run.bytes_read / 4, (long long)plan.bytes_read / 4, (int)slices[k].elements,
                (double)run.bytes_decoded / (STORED * 4), (int)slices[k].chunks);
            failed++;
        }
        ash_context_free(ctx);
    }
    assert_int_equal(failed, 0);
}

/* As a part of the whole array in memory. */
static ash_array of_all(ash_array whole, const char *index, void **memory) {
    int64_t shape[ASH_MAX_NDIM];
    for (int a = 0; a < ash_ndim(whole); a++) {
        shape[a] = ash_extent(whole, a);
    }
    *memory = computed(whole, &(ash_compute_options){ .passes = "none" });
    return ash_index(ash_from_buffer(whole.context, ash_array_dtype(whole), ash_ndim(whole), shape, *memory, NULL), index);
}

static void bits_are_those_of_the_whole(void **state) {
    (void)state;
    static const char *const grids[] = { "10,20,50", "7,60,33", "80,13,-1" };
    static const char *const executors[] = { "serial", "openmp", "ranks:3" };
    for (int k = 0; k < SLICES; k++) {
        for (int g = 0; g < 3; g++) {
            ash_context *ctx = context_with(2, NULL);
            const char *executor = executors[(k + g) % 3];
            ash_array whole = slices[k].made(stored(ctx, grids[g]));
            if (!ash_ok(whole)) { /* halos are larger than some chunks of these grids */
                ash_context_free(ctx);
                continue;
            }
            ash_array part = ash_index(whole, slices[k].index);
            void *memory, *expected = computed(of_all(whole, slices[k].index, &memory), NULL);
            int64_t bytes = ash_size(part) * ash_dtype_size(ash_array_dtype(part));
            ash_plan_info plan = { .size = sizeof plan };
            assert_done(ctx, ash_plan_query(ctx, 1, &part, NULL, &plan));
            const ash_compute_options options[] = { { .executor = executor, .passes = "all" },
                { .executor = executor, .passes = "-demand" }, { .memory_limit = plan.least_limit } };
            for (int o = 0; o < 3; o++) {
                void *found = computed(part, &options[o]);
                if (memcmp(found, expected, (size_t)bytes) != 0) {
                    fail_msg("%s of %s on grid %s, way %d: other bits", slices[k].index, slices[k].name, grids[g], o);
                }
                free(found);
            }
            char *none = malloc((size_t)bytes + 1);
            assert_int_equal(ash_compute(part, none, bytes, &(ash_compute_options){ .memory_limit = plan.least_limit - 1 }), ASH_ERR_LIMIT);
            free(none);
            free(expected);
            ash_context_free(ctx);
            free(memory);
        }
    }
}

/* ---- Pieces of whole stored chunks ---- */

/* Whatever is short of memory, a cell gets its elements in C order, whether the axes that are reduced stay with extent 1 or not: pieces are not cut along one of
 * them inside another that is cut already. */
static void reduced_axes_that_stay_have_an_order(void **state) {
    (void)state;
    for (int keepdims = 0; keepdims < 2; keepdims++) {
        ash_context *ctx = context_with(1, NULL);
        ash_array t = ash_sin(ash_cast(stored(ctx, "40,60,100"), ASH_FLOAT64)); /* every addition is rounded */
        ash_array sum = ash_sum_with(t, "time,lat", &(ash_reduce_options){ .keepdims = keepdims });
        int64_t bytes = LON * (int64_t)sizeof(double);
        double *whole = computed(sum, NULL);
        ash_plan_info info = { 0 };
        assert_done(ctx, ash_plan_query(ctx, 1, &sum, NULL, &info));
        for (int64_t limit = info.least_limit; limit < info.sequential_peak; limit += (info.sequential_peak - info.least_limit) / 8) {
            double *found = computed(sum, &(ash_compute_options){ .memory_limit = limit });
            assert_memory_equal(found, whole, (size_t)bytes);
            free(found);
        }
        free(whole);
        ash_context_free(ctx);
    }
}

/* The least limit is that of the smallest pieces, whatever size the largest may have, and what is planned with it runs. */
static void any_size_of_pieces_has_a_least_limit(void **state) {
    (void)state;
    static const int64_t sizes[] = { 0, 5000, 65536, 100000, 200001, 3000000 };
    ash_context *ctx = context_with(1, NULL);
    ash_array t = ash_sin(ash_cast(stored(ctx, "40,60,100"), ASH_FLOAT64));
    ash_array sum = ash_sum(ash_sub(t, ash_mean(t, "time")), "lat");
    double *whole = computed(sum, NULL);
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        ash_compute_options options = { .size = sizeof options, .piece_bytes = sizes[k] };
        ash_plan_info info = { 0 };
        assert_done(ctx, ash_plan_query(ctx, 1, &sum, &options, &info));
        options.memory_limit = info.least_limit;
        double *found = computed(sum, &options);
        assert_memory_equal(found, whole, STEPS * LON * sizeof *whole);
        free(found);
    }
    free(whole);
    ash_context_free(ctx);
}

/* ---- Functions of the user's ---- */

static ash_status twice(const ash_function_call *call, void *user) {
    const ash_function_block *in = call->input[0], *out = call->output[0];
    int64_t n = 1;
    for (int a = 0; a < out->ndim; a++) {
        n *= out->extent[a];
    }
    ++*(int *)user;
    for (int64_t k = 0; k < n; k++) {
        ((float *)out->data)[k] = 2 * ((const float *)in->data)[k];
    }
    return ASH_OK;
}

/* They see whole chunks, whatever part of what they make is needed; what comes after them is made in part, and no chunk of theirs is made without need. */
static void functions_see_whole_chunks(void **state) {
    (void)state;
    int calls = 0;
    ash_context *ctx = context_with(1, NULL);
    assert_done(ctx, ash_register(ctx, &(ash_function_definition){ .name = "twice", .function = twice, .user = &calls }));
    ash_array t = stored(ctx, "10,20,50"), made = ash_map_blocks(ctx, "twice", 1, &t, ASH_FLOAT32);
    float *found = computed(ash_index(ash_concatenate(2, (ash_array[]){ made, made }, "time"), "83, 5, 7"), NULL);
    assert_true(*found == 2 * values[(3 * LAT + 5) * LON + 7]);
    assert_int_equal(calls, 1);
    assert_int_equal(ash_last_run(ctx).bytes_read, STORED * 4);
    free(found);
    ash_context_free(ctx);
}

/* ---- Very many chunks ---- */

/* No chunk is looked at one by one to find what a slice needs of an array with very many. */
static void many_chunks(void **state) {
    (void)state;
    const int64_t extent = INT64_C(1) << 40;
    ash_context *ctx = context_with(1, NULL);
    ash_array ones = ash_ones(ctx, ASH_INT64, 2, (int64_t[]){ extent, 100 }, &(ash_make_options){ .chunks = "1,-1" });
    ash_array pair[] = { ones, ash_mul(ones, ash_int(ctx, 3)) };
    ash_array all = ash_pad(ash_concatenate(2, pair, "0"), "0:0, 1:1", "constant");
    int64_t *found = computed(ash_index(all, "1099511627774:1099511627778, 5"), NULL);
    assert_true(found[0] == 1 && found[1] == 1 && found[2] == 3 && found[3] == 3);
    ash_plan_info run = ash_last_run(ctx);
    assert_true(run.peak_bytes < 1 << 20);
    free(found);
    ash_context_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_is_needed_is_read),
        cmocka_unit_test(bits_are_those_of_the_whole),
        cmocka_unit_test(reduced_axes_that_stay_have_an_order),
        cmocka_unit_test(any_size_of_pieces_has_a_least_limit),
        cmocka_unit_test(functions_see_whole_chunks),
        cmocka_unit_test(many_chunks),
    };
    return cmocka_run_group_tests_name("slices", tests, make_input, remove_test_folder);
}
