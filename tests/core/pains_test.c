/* What users of chunked arrays have complained of for years, and what happens here: docs/why.md has a row for each, by the numbers of this table. Those that
 * other tests show are there too; here are the rest. Every test prints its figures. */
#include "netcdf_support.h"

#include <time.h>

/* The stored input: 80 steps of 60 by 100, deflated, in chunks of 10 by 20 by 50. */
enum { STEPS = 80, LAT = 60, LON = 100, SIZE = STEPS * LAT * LON, STORED_CHUNKS = 8 * 3 * 2 };
static const int64_t BYTES = (int64_t)SIZE * 4;
static const int64_t MIB = 1 << 20;

static ash_array stored(ash_context *ctx, const char *chunks) {
    return ash_open(ctx, test_path("in.nc"), "t", &(ash_open_options){ .chunks = chunks });
}

static int make_input(void **state) {
    static float values[SIZE];
    if (make_test_folder(state) != 0) {
        return -1;
    }
    for (int k = 0; k < SIZE; k++) {
        values[k] = (float)(k * 7919LL % 1009);
    }
    ash_context *ctx = context_with(1, NULL);
    ash_array a = ash_from_buffer(
        ctx, ASH_FLOAT32, 3, (int64_t[]){ STEPS, LAT, LON }, values, &(ash_make_options){ .dims = "time,lat,lon", .chunks = "10,20,50" });
    ash_status status = ash_write(a, test_path("in.nc"), "t", &(ash_write_options){ .deflate = 1, .shuffle = true });
    ash_context_free(ctx);
    return status == ASH_OK ? 0 : -1;
}

/* A source without a file: rows of 1 MiB. */
static ash_status give_ones(
    void *user, int32_t ndim, const int64_t start[], const int64_t extent[], void *buffer, char *message, int64_t message_bytes) {
    int64_t elements = 1;
    (void)user, (void)start, (void)message, (void)message_bytes;
    for (int a = 0; a < ndim; a++) {
        elements *= extent[a];
    }
    for (int64_t k = 0; k < elements; k++) {
        ((double *)buffer)[k] = 1;
    }
    return ASH_OK;
}

static ash_array rows(ash_context *ctx, int64_t n) {
    return ash_from_source(
        ctx, ASH_FLOAT64, 2, (int64_t[]){ n, MIB / 8 }, give_ones, NULL, &(ash_source_options){ .dims = "y,x", .chunks = "1,-1" });
}

static ash_plan_info plan_of(ash_array a) {
    ash_plan_info info = { .size = sizeof info };
    assert_good(a);
    assert_done(a.context, ash_plan_query(a.context, 1, &a, NULL, &info));
    return info;
}

static ash_plan_info run_of(ash_array a) {
    assert_good(a);
    free(values_of(a));
    return ash_last_run(a.context);
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* ---- Memory and order ---- */

/* Eight readers and one result: memory has nothing to do with how much there is to read. */
static void readers_do_not_outrun_reducers(void **state) {
    (void)state;
    ash_context *ctx = context_with(8, "openmp");
    ash_plan_info few = plan_of(ash_mean(rows(ctx, 64), NULL)), many = run_of(ash_mean(rows(ctx, 512), NULL));
    print_message("P1: peak of 8 threads reading 64 MiB: at most %.1f MiB; 512 MiB: %.1f MiB\n", (double)few.peak_bytes / (double)MIB,
        (double)many.peak_bytes / (double)MIB);
    assert_true(many.peak_bytes < few.peak_bytes + MIB);
    ash_context_free(ctx);
}

static ash_array residuals(ash_array x) {
    return ash_sum(ash_square(ash_sub(x, ash_mean_with(x, "y", &(ash_reduce_options){ .keepdims = true }))), NULL);
}

static ash_array differences(ash_array x) {
    return ash_sum(ash_sub(ash_index(x, "1:"), ash_index(x, ":-1")), NULL);
}

static ash_array sums_of_sums(ash_array x) {
    return ash_sum(ash_mul(ash_cumsum(x, "y"), x), "y");
}

/* What is to be made has an order from the beginning, so ten times as much of it needs no more memory, but for the levels of a tree. */
static void order_is_not_guessed(void **state) {
    (void)state;
    ash_array (*const patterns[])(ash_array) = { residuals, differences, sums_of_sums };
    setenv("ASH_PASSES", "-keep", 1); /* which takes memory that nothing else needs */
    ash_context *ctx = context_with(1, "serial");
    for (int k = 0; k < 3; k++) {
        ash_plan_info few = plan_of(patterns[k](rows(ctx, 40))), many = plan_of(patterns[k](rows(ctx, 400)));
        int64_t grown = (many.sequential_peak - many.plan_bytes) - (few.sequential_peak - few.plan_bytes);
        print_message("P2: sequential peak of pattern %d without the plan: %.2f MiB over 40 rows, %.2f MiB over 400\n", k,
            (double)(few.sequential_peak - few.plan_bytes) / (double)MIB, (double)(many.sequential_peak - many.plan_bytes) / (double)MIB);
        assert_true(grown < 4 * MIB); /* a row a level of the tree, of which there are log2(10) more */
    }
    unsetenv("ASH_PASSES");
    ash_context_free(ctx);
}

/* Anomalies read the input twice and hold none of it, unless there is room for it and that is cheaper: then they read it once. */
static void what_is_needed_twice_is_read_twice(void **state) {
    (void)state;
    ash_context *ctx = context_with(2, "openmp");
    ash_array t = stored(ctx, NULL), anomaly = ash_sub(t, ash_mean(t, "time")), spread = ash_mean(ash_square(anomaly), NULL);
    ash_plan_info kept = run_of(spread);
    assert_int_equal(kept.bytes_read, BYTES);
    double out;
    int64_t limit = kept.sequential_peak - BYTES / 4;
    assert_done(ctx, ash_compute(ash_cast(spread, ASH_FLOAT64), &out, sizeof out, &(ash_compute_options){ .memory_limit = limit }));
    ash_plan_info run = ash_last_run(ctx);
    print_message("P3: anomaly: %.2f passes over the file, %lld bytes moved between groups; with room for all of it %.2f passes\n",
        (double)run.bytes_read / (double)BYTES, (long long)run.bytes_moved, (double)kept.bytes_read / (double)BYTES);
    assert_int_equal(run.bytes_read, 2 * BYTES);
    assert_int_equal(run.bytes_spilled, 0);
    assert_true(run.bytes_moved < BYTES && run.peak_bytes <= limit);
    ash_context_free(ctx);
}

static int64_t resident(void) {
    long long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%*d %lld", &pages) != 1) {
        pages = 0;
    }
    if (file) {
        fclose(file);
    }
    return pages * sysconf(_SC_PAGESIZE);
}

/* Chunk memory goes back to the system when a run ends. */
static void memory_goes_back(void **state) {
    (void)state;
    ash_context *ctx = context_with(4, "openmp");
    ash_array held = ash_sum(ash_cumsum(ash_cumsum(rows(ctx, 8), "y"), "x"), NULL);
    run_of(held); /* threads and libraries are there now */
    int64_t before = resident();
    ash_plan_info run = run_of(ash_sum(ash_rechunk(ash_cumsum(rows(ctx, 200), "x"), "-1, 1000"), NULL));
    int64_t left = resident() - before;
    print_message("P17: after a run with a peak of %.0f MiB the process has %.1f MiB more than before\n",
        (double)run.peak_bytes / (double)MIB, (double)left / (double)MIB);
    assert_true(run.peak_bytes > 100 * MIB);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    assert_true(left < 8 * MIB);
#endif
    ash_context_free(ctx);
}

/* The refusal comes before any work, and says what needs how much and what would do. */
static void refusals_are_told(void **state) {
    (void)state;
    ash_context *ctx = context_with(2, "openmp");
    ash_array a = ash_median(rows(ctx, 200), "y");
    double *out = malloc((size_t)MIB);
    int64_t least = plan_of(a).least_limit;
    char figure[40];
    assert_int_equal(ash_compute(a, out, MIB, &(ash_compute_options){ .memory_limit = least / 2 }), ASH_ERR_LIMIT);
    print_message("P16: %s\n", ash_error(ctx));
    snprintf(figure, sizeof figure, "%lld bytes", (long long)least);
    assert_sentence(ctx, ASH_ERR_LIMIT, figure);
    assert_sentence(ctx, ASH_ERR_LIMIT, "of which 'median' needs the most");
    assert_done(ctx, ash_compute(a, out, MIB, &(ash_compute_options){ .memory_limit = least }));
    free(out);
    ash_context_free(ctx);
}

/* ---- Very many chunks ---- */

/* Of 10^9 chunks those that are asked for cost something. */
static void graphs_are_not_built(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, "serial");
    ash_array a = ash_ones(ctx, ASH_FLOAT64, 3, (int64_t[]){ 100000, 100000, 100000 }, &(ash_make_options){ .chunks = "100,100,100" });
    ash_array b = ash_sub(ash_mul(a, ash_real(ctx, 3)), ash_cumsum(a, "0"));
    double began = seconds();
    ash_array corner = ash_index(b, "0, 99999, ::50000");
    assert_good(corner);
    double defined = seconds() - began, values[2];
    assert_done(ctx, ash_compute(corner, values, sizeof values, NULL));
    ash_plan_info run = ash_last_run(ctx);
    print_message("P4: a corner of 10^9 chunks: defined in %.0f us, planned in %.0f us, a plan of %lld bytes and %lld tasks\n",
        defined * 1e6, run.plan_seconds * 1e6, (long long)run.plan_bytes, (long long)run.tasks);
    assert_true(values[0] == 2 && values[1] == 2);
    assert_true(run.plan_bytes < MIB && run.tasks < 20 && run.plan_seconds < 5);
    ash_context_free(ctx);
}

/* Running sums read their input once and in parallel; only one value a chunk is carried on. */
static void scans_read_once(void **state) {
    (void)state;
    ash_context *ctx = context_with(4, "openmp");
    ash_array t = stored(ctx, "10,20,50");
    ash_plan_info run = run_of(ash_max(ash_cumsum(t, "time"), NULL));
    print_message("P30: a running sum over 8 chunks: %.2f passes over the file, %lld tasks for %d chunks\n",
        (double)run.bytes_decoded / (double)BYTES, (long long)run.tasks, STORED_CHUNKS);
    assert_true(run.bytes_decoded <= BYTES && run.tasks < 8 * STORED_CHUNKS);
    ash_context_free(ctx);
}

/* ---- Chunks ---- */

/* Nothing gets larger chunks than it was given; sums over products take no more at once when there is more to sum. */
static void chunks_do_not_grow(void **state) {
    (void)state;
    ash_context *ctx = context_with(2, "openmp");
    ash_array t = stored(ctx, "10,20,50"), pair[] = { t, t };
    const int64_t given = largest_chunk(t);
    const struct {
        const char *name;
        ash_array array;
    } made[] = {
        { "reshape", ash_reshape(t, "a=80, b=-1") },
        { "ravel", ash_ravel(t) },
        { "transpose", ash_transpose(t, "lon,time,lat") },
        { "concatenate", ash_concatenate(2, pair, "lat") },
        { "stack", ash_stack(2, pair, 0, "k") },
        { "cumsum", ash_cumsum(t, "time") },
        { "index", ash_index(t, "::-3, 1:, ::7") },
        { "take", ash_take_list(t, 4, (int64_t[]){ 70, 3, 3, 41 }, "time") },
    };
    for (size_t k = 0; k < sizeof made / sizeof *made; k++) {
        assert_good(made[k].array);
        if (largest_chunk(made[k].array) > given) {
            fail_msg(
                "%s: chunks of %lld elements from chunks of %lld", made[k].name, (long long)largest_chunk(made[k].array), (long long)given);
        }
    }
    int64_t task[2];
    for (int k = 0; k < 2; k++) {
        const int64_t n = 600, terms = k == 0 ? 4000 : 40000;
        ash_array a = ash_ones(ctx, ASH_FLOAT64, 2, (int64_t[]){ n, terms }, &(ash_make_options){ .chunks = "200,500" });
        ash_array b = ash_ones(ctx, ASH_FLOAT64, 2, (int64_t[]){ terms, n }, &(ash_make_options){ .chunks = "500,200" });
        task[k] = plan_of(ash_matmul(a, b)).largest_task;
    }
    print_message("P7: the largest task of a product of matrices: %.1f MiB for 4,000 terms, %.1f MiB for 40,000\n",
        (double)task[0] / (double)MIB, (double)task[1] / (double)MIB);
    assert_int_equal(task[0], task[1]);
    ash_context_free(ctx);
}

/* A slice of the result reads what it needs of the file, whatever lies between. Slices of more operations, and what they read to the element, are in slices_test.c. */
static void slices_reach_the_file(void **state) {
    (void)state;
    ash_context *ctx = context_with(2, "openmp");
    ash_array t = stored(ctx, "10,20,50"), u = ash_drop_coords(t, NULL), pair[] = { u, u };
    ash_array mean = ash_mean_with(t, "lat", &(ash_reduce_options){ .keepdims = true });
    const struct {
        const char *name;
        ash_array slice;
        int64_t chunks; /* stored chunks that it meets */
    } made[] = {
        { "elementwise", ash_index(ash_sqrt(ash_add(u, ash_real(ctx, 1))), "3, 5, 7"), 1 },
        { "cast", ash_index(ash_cast(u, ASH_FLOAT64), "3, 5, 7"), 1 },
        { "transpose", ash_index(ash_transpose(u, "lon,lat,time"), "7, 5, 3"), 1 },
        { "rechunk", ash_index(ash_rechunk(u, "7, 9, -1"), "3, 5, 7"), 1 },
        { "concatenate", ash_index(ash_concatenate(2, pair, "time"), "83, 5, 7"), 1 },
        { "stack", ash_index(ash_stack(2, pair, 0, "k"), "1, 3, 5, 7"), 1 },
        { "reshape", ash_index(ash_reshape(u, "a=80, b=6000"), "3, 507"), 1 },
        { "pad", ash_index(ash_pad(u, "time=2, lat=1", "reflect"), "5, 6, 7"), 1 },
        { "overlap", ash_index(ash_overlap(u, "time=2", "none"), "12, 5, 7"), 1 },
        { "matmul", ash_index(ash_matmul(ash_index(u, "0"), ash_transpose(ash_index(u, "40"), NULL)), "5, 7"), 4 },
        { "cumsum", ash_index(ash_cumsum(u, "time"), "33, 5, 7"), 4 },
        { "kept axes of a mean", ash_index(ash_mean(u, "lat"), "3, 7"), 3 },
        { "broadcast", ash_index(ash_sub(t, mean), "3, 5, 7"), 3 + 1 },
        { "take", ash_index(ash_take_list(u, 3, (int64_t[]){ 70, 3, 41 }, "time"), "1, 5, 7"), 1 },
    };
    for (size_t k = 0; k < sizeof made / sizeof *made; k++) {
        ash_plan_info run = run_of(made[k].slice);
        print_message("P10: %s: one element decodes %lld of %d stored chunks\n", made[k].name,
            (long long)(run.bytes_decoded / (10 * 20 * 50 * 4)), STORED_CHUNKS);
        if (run.bytes_decoded > made[k].chunks * 10 * 20 * 50 * 4) {
            fail_msg("%s: %lld bytes decoded", made[k].name, (long long)run.bytes_decoded);
        }
    }
    ash_context_free(ctx);
}

/* Operands on other grids are read by boxes: no finer grid comes of it, and nothing is decoded twice. Of two threads one may be held up until what it shares with the
 * other has left the cache: then both decode it. */
static void grids_that_do_not_fit_on(int threads) {
    ash_context *ctx = context_with(threads, "openmp");
    ash_array t = ash_drop_coords(stored(ctx, "10,20,50"), NULL), other = ash_drop_coords(stored(ctx, "7,33,41"), NULL);
    ash_array sum = ash_add(t, other);
    ash_array rolled = ash_add(ash_index(t, "1:"), ash_index(t, ":-1"));
    assert_int_equal(largest_chunk(sum), largest_chunk(t));
    ash_plan_info run = run_of(ash_sum(sum, NULL)), shifted = run_of(ash_sum(rolled, NULL));
    print_message("P21: of two operands on two grids %.2f stored variables are decoded, of a shifted one %.2f\n",
        (double)run.bytes_decoded / (double)BYTES, (double)shifted.bytes_decoded / (double)BYTES);
    assert_true(ash_chunk_count(sum, 0) == ash_chunk_count(t, 0) && ash_chunk_count(rolled, 0) <= ash_chunk_count(t, 0) + 1);
    assert_true(run.bytes_decoded <= 2 * threads * BYTES && shifted.bytes_decoded <= threads * BYTES);
    ash_context_free(ctx);
}

static void grids_that_do_not_fit(void **state) {
    (void)state;
    grids_that_do_not_fit_on(1);
    grids_that_do_not_fit_on(2);
}

/* Grids of whole stored chunks, smaller or larger than what is read at once by default, hold nothing of the file. */
static void grids_of_stored_chunks(void **state) {
    (void)state;
    static const char *const grids[] = { NULL, "10,20,50", "20,40,100", "30,20,-1", "10+70,60,50", "1,60,100", "7,9,11" };
    ash_context *ctx = context_with(2, "openmp");
    for (int k = 0; k < 7; k++) {
        ash_plan_info run = run_of(ash_mean(stored(ctx, grids[k]), "time"));
        print_message("P23: mean on the grid %s: every stored chunk decoded %.2f times, %.1f MiB moved between groups\n",
            grids[k] ? grids[k] : "by default", (double)run.bytes_decoded / (double)BYTES, (double)run.bytes_moved / (double)MIB);
        assert_int_equal(run.bytes_decoded, BYTES);
        assert_true(k >= 5 || run.bytes_moved < BYTES);
    }
    ash_context_free(ctx);
}

/* ---- Functions ---- */

static int calls;

static ash_status count_calls(const ash_function_call *call, void *user) {
    int64_t elements = 1;
    (void)user;
    for (int a = 0; a < call->output[0]->ndim; a++) {
        elements *= call->output[0]->extent[a];
    }
#pragma omp atomic
    calls++;
    memset(call->output[0]->data, 0, (size_t)(elements * 8));
    return ASH_OK;
}

/* A halo in three dimensions is a larger box, not 27 times the tasks. */
static void halos_are_no_tasks(void **state) {
    (void)state;
    ash_context *ctx = context_with(2, "openmp");
    assert_done(ctx, ash_register(ctx, &(ash_function_definition){ .name = "stencil", .function = count_calls }));
    ash_array a = ash_ones(ctx, ASH_FLOAT64, 3, (int64_t[]){ 60, 60, 60 }, &(ash_make_options){ .chunks = "10,10,10", .dims = "z,y,x" });
    ash_array b = ash_map_overlap(ctx, "stencil", 1, &a, "z=2, y=2, x=2", "z=nearest, y=reflect, x=periodic", ASH_FLOAT64);
    ash_plan_info info = plan_of(b);
    print_message("P20: a stencil over %d chunks in three dimensions: %lld tasks\n", 6 * 6 * 6, (long long)info.tasks);
    assert_true(info.tasks <= 3 * 6 * 6 * 6);
    assert_int_equal(largest_chunk(b), 1000);
    ash_context_free(ctx);
}

/* A function is called for chunks, and for nothing else. */
static void functions_are_not_tried_out(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, "serial");
    calls = 0;
    assert_done(ctx, ash_register(ctx, &(ash_function_definition){ .name = "counted", .function = count_calls }));
    ash_array a = ash_ones(ctx, ASH_FLOAT64, 1, (int64_t[]){ 100 }, &(ash_make_options){ .chunks = "10" });
    ash_array b = ash_map_blocks(ctx, "counted", 1, &a, ASH_FLOAT64);
    plan_of(b);
    assert_non_null(ash_explain(ctx, 1, &b, NULL));
    assert_int_equal(calls, 0);
    run_of(b);
    print_message("P29: %d calls for 10 chunks, none before the run\n", calls);
    assert_int_equal(calls, 10);
    ash_context_free(ctx);
}

/* ---- Other ---- */

/* Of packed values two bytes each are read, and nothing wider is kept. */
static void packed_values_stay_packed(void **state) {
    (void)state;
    ash_context *ctx = context_with(2, "openmp");
    assert_done(ctx,
        ash_write(stored(ctx, NULL), test_path("packed.nc"), "t",
            &(ash_write_options){ .deflate = 1, .encoding = "t: dtype=int16; scale_factor=0.5; fill_value=-32768" }));
    ash_array t = ash_open(ctx, test_path("packed.nc"), "t", NULL), plain = ash_sum(stored(ctx, NULL), NULL);
    ash_plan_info wide = run_of(plain), run = run_of(ash_sum(t, NULL));
    print_message("P33: of packed values %.1f bytes an element are read, %lld bytes moved between groups; as %s\n",
        (double)run.bytes_read / SIZE, (long long)run.bytes_moved, ash_dtype_name(ash_array_dtype(t)));
    assert_int_equal(run.bytes_read, SIZE * 2);
    assert_true(run.bytes_moved <= wide.bytes_moved);
    assert_int_equal(ash_array_dtype(t), ASH_FLOAT32);
    ash_context_free(ctx);
}

static double time_to_define(int64_t n) {
    ash_context *ctx = context_with(1, "serial");
    ash_array a = ash_ones(ctx, ASH_FLOAT64, 1, (int64_t[]){ 10 }, &(ash_make_options){ .chunks = "5" });
    double began = seconds();
    for (int64_t k = 0; k < n; k++) {
        a = ash_add(a, ash_real(ctx, 1));
    }
    assert_good(a);
    double took = seconds() - began;
    ash_context_free(ctx);
    return took;
}

/* The cost of an operation does not depend on how many there were before. */
static void definitions_are_linear(void **state) {
    (void)state;
    double few = 1e9, many = 1e9;
    for (int k = 0; k < 5; k++) { /* the best of some: others use the machine too */
        double a = time_to_define(10000), b = time_to_define(80000);
        few = a < few ? a : few;
        many = b < many ? b : many;
    }
    print_message("P34: defining 10,000 operations: %.2f us each; 80,000: %.2f us each\n", few * 1e2, many * 1e6 / 8e4);
    assert_true(many < 4 * 8 * few);
}

static const struct CMUnitTest pains[] = {
    { "P1 readers outrun reducers", readers_do_not_outrun_reducers, NULL, NULL, NULL },
    { "P2 order is guessed", order_is_not_guessed, NULL, NULL, NULL },
    { "P3 inputs that are needed twice", what_is_needed_twice_is_read_twice, NULL, NULL, NULL },
    { "P4 graphs are huge", graphs_are_not_built, NULL, NULL, NULL },
    { "P7 chunks grow", chunks_do_not_grow, NULL, NULL, NULL },
    { "P10 slices do not reach the file", slices_reach_the_file, NULL, NULL, NULL },
    { "P16 nobody says why", refusals_are_told, NULL, NULL, NULL },
    { "P17 memory is not returned", memory_goes_back, NULL, NULL, NULL },
    { "P20 halos explode", halos_are_no_tasks, NULL, NULL, NULL },
    { "P21 misaligned operands", grids_that_do_not_fit, NULL, NULL, NULL },
    { "P23 stored chunks are decoded again and again", grids_of_stored_chunks, NULL, NULL, NULL },
    { "P29 functions are tried out", functions_are_not_tried_out, NULL, NULL, NULL },
    { "P30 scans", scans_read_once, NULL, NULL, NULL },
    { "P33 packed values blow up", packed_values_stay_packed, NULL, NULL, NULL },
    { "P34 definitions cost more and more", definitions_are_linear, NULL, NULL, NULL },
};

int main(void) {
    return cmocka_run_group_tests_name("pains", pains, make_input, remove_test_folder);
}
