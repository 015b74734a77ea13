/* Stencils: what one group takes of a stored variable at fixed distances is read once, and gives the same bits as if it were not. */
#include "netcdf_support.h"

enum { TIMES = 24, ROWS = 20, COLUMNS = 18, ELEMENTS = TIMES * ROWS * COLUMNS, MOST = 5 };
static float values[ELEMENTS];
static const char *const files[] = { "plain.nc", "deflated.nc", "classic.nc", "store.zarr" };
enum { FILES = sizeof files / sizeof *files };

static int make_files(void **state) {
    if (make_test_folder(state) != 0) {
        return -1;
    }
    for (int k = 0; k < ELEMENTS; k++) {
        values[k] = (float)(k * 7919LL % 1009) / 8;
    }
    ash_context *ctx = context_with(1, "serial");
    ash_array a = ash_from_buffer(ctx, ASH_FLOAT32, 3, (int64_t[]){ TIMES, ROWS, COLUMNS }, values,
        &(ash_make_options){ .dims = "time,lat,lon", .chunks = "7,6,18" });
    static const ash_write_options how[FILES] = { { .format = "netcdf4" }, { .deflate = 1 }, { .format = "cdf5" }, { .format = "zarr" } };
    for (int f = 0; f < FILES; f++) {
        assert_done(ctx, ash_write(a, test_path(files[f]), "t", &how[f]));
    }
    ash_context_free(ctx);
    return 0;
}

static ash_array open_file(ash_context *ctx, int file, const char *chunks) {
    ash_array t = ash_open(ctx, test_path(files[file]), "t", &(ash_open_options){ .chunks = chunks });
    assert_good(t);
    return t;
}

static ash_array in_memory(ash_context *ctx, const char *chunks) {
    return ash_from_buffer(
        ctx, ASH_FLOAT32, 3, (int64_t[]){ TIMES, ROWS, COLUMNS }, values, &(ash_make_options){ .dims = "time,lat,lon", .chunks = chunks });
}

/* part(1) - 2 * part(2) + 4 * part(3) ...: no two parts can be mistaken for each other. */
static ash_array combine(ash_array of, const char *const parts[]) {
    ash_array sum = ash_index(of, parts[0]);
    double factor = 1;
    for (int k = 1; k < MOST && parts[k]; k++) {
        factor *= -2;
        sum = ash_add(sum, ash_mul(ash_index(of, parts[k]), ash_real(of.context, factor)));
    }
    assert_good(sum);
    return sum;
}

/* ---- What is read ---- */

typedef struct reading {
    const char *parts[MOST];
    int64_t elements; /* that are read if the variable is one chunk */
} reading;

static const reading readings[] = {
    { { ":, :, 2:", ":, :, :-2" }, ELEMENTS },
    { { ":, 1:-1, 2:", ":, 1:-1, :-2", ":, 2:, 1:-1", ":, :-2, 1:-1", ":, 1:-1, 1:-1" }, ELEMENTS },
    { { "2:, :, :", "1:-1, :, :", ":-2, :, :" }, ELEMENTS },
    { { "1:, 1:, 1:", ":-1, :-1, :-1" }, ELEMENTS },
    { { ":, 4:8, :", ":, 5:9, :" }, TIMES * 5 * COLUMNS },
    { { "::2", "1::2" }, ELEMENTS },
    { { ":, ::-1, 2:", ":, ::-1, :-2" }, ELEMENTS },
    { { ":0:-1", "-2::-1" }, ELEMENTS },
    { { ":, ::4, :", ":, 2::4, :" }, TIMES * 10 * COLUMNS }, /* rows 0, 2, 4, ... 18 */
    { { "0:8, :, :", "4:12, :, :", "8:16, :, :" }, 16 * ROWS *COLUMNS },
    { { "3:19, 2, :", "4:20, 2, :" }, 17 * COLUMNS },
    /* What does not overlap, or would leave much unused between, is read by itself. */
    { { "0", "5" }, 2 * ROWS *COLUMNS },
    { { "0:4", "10:14" }, 8 * ROWS *COLUMNS },
    { { ":, 0:18:3, :", ":, 1:18:3, :" }, TIMES * 12 * COLUMNS },
    { { ":, :12, ::2", ":, 2:14, 1::2" }, TIMES * 12 * COLUMNS },
    { { ":, :, 2:", ":, :, -3::-1" }, 2 * TIMES *ROWS *(COLUMNS - 2) },
};

static void overlaps_are_read_once(void **state) {
    (void)state;
    for (size_t k = 0; k < sizeof readings / sizeof *readings; k++) {
        const reading *r = &readings[k];
        for (int f = 0; f < FILES; f++) {
            ash_context *ctx = context_with(1, "serial");
            ash_array whole = combine(open_file(ctx, f, "-1,-1,-1"), r->parts), plain = combine(in_memory(ctx, "-1,-1,-1"), r->parts);
            ash_plan_info info = { 0 };
            assert_done(ctx, ash_plan_query(ctx, 1, &whole, NULL, &info));
            float *out = values_of(whole), *expected = values_of(plain);
            assert_memory_equal(out, expected, (size_t)ash_size(whole) * sizeof *out);
            free(out);
            free(expected);
            assert_done(ctx, ash_compute(whole, out = malloc((size_t)ash_size(whole) * sizeof *out), ash_size(whole) * 4, NULL));
            free(out);
            if (info.bytes_read != r->elements * 4 || ash_last_run(ctx).bytes_read != info.bytes_read) {
                fail_msg("%s, '%s' and '%s': expected %lld bytes read, found %lld predicted and %lld measured", files[f], r->parts[0],
                    r->parts[1], (long long)r->elements * 4, (long long)info.bytes_read, (long long)ash_last_run(ctx).bytes_read);
            }
            ash_context_free(ctx);
        }
    }
}

/* Without the pass each part is read by itself. */
static void the_pass_can_be_left_out(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, "serial");
    ash_array d = combine(open_file(ctx, 0, "-1,-1,-1"), readings[0].parts);
    ash_plan_info with = { 0 }, without = { 0 };
    assert_done(ctx, ash_plan_query(ctx, 1, &d, NULL, &with));
    assert_done(ctx, ash_plan_query(ctx, 1, &d, &(ash_compute_options){ .passes = "-stencil" }, &without));
    assert_int_equal(with.bytes_read, ELEMENTS * 4);
    assert_int_equal(without.bytes_read, 2 * TIMES * ROWS * (COLUMNS - 2) * 4);
    assert_int_equal(with.bytes_needed, without.bytes_needed);
    assert_true(with.sequential_peak < without.sequential_peak);
    ash_context_free(ctx);
}

/* ---- Any stencil ---- */

static uint64_t seed = 20;

static int below(int n) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (int)((seed >> 33) % (uint64_t)n);
}

/* Parts of the same shape with one step along each axis, at random distances that are small mostly. */
static int make_parts(char text[MOST][100], const int extent[3]) {
    int n = 2 + below(MOST - 1), lengths[3], steps[3], ends[3], moves = 1 + below(7); /* bits: axes along which they differ */
    for (int a = 0; a < 3; a++) {
        static const int usual[] = { 1, 1, 1, 2, 3, -1, -2 };
        steps[a] = usual[below(7)];
        int size = steps[a] < 0 ? -steps[a] : steps[a], most = (extent[a] - 1) / size + 1;
        lengths[a] = below(3) ? most - below(most < 4 ? most : 4) : 1 + below(most);
        ends[a] = extent[a] - (lengths[a] - 1) * size; /* places where the lowest index can be */
    }
    for (int k = 0; k < n; k++) {
        int used = 0;
        for (int a = 0; a < 3; a++) {
            int size = steps[a] < 0 ? -steps[a] : steps[a], low = moves >> a & 1 ? below(below(4) && ends[a] > 3 ? 3 : ends[a]) : 0;
            int high = low + (lengths[a] - 1) * size;
            if (steps[a] > 0) {
                used += snprintf(text[k] + used, 100 - (size_t)used, "%s%d:%d:%d", a ? "," : "", low, high + 1, steps[a]);
            } else if (low > 0) {
                used += snprintf(text[k] + used, 100 - (size_t)used, "%s%d:%d:%d", a ? "," : "", high, low - 1, steps[a]);
            } else {
                used += snprintf(text[k] + used, 100 - (size_t)used, "%s%d::%d", a ? "," : "", high, steps[a]);
            }
        }
    }
    return n;
}

static ash_array view_of(ash_array a, int turned) {
    return turned ? ash_transpose(a, "lon,time,lat") : a;
}

/* The same bits in any order, on any executor, within any limit, whatever the chunks; as many bytes read as were told; no more memory than was told. */
static void any_stencil_has_the_same_bits(void **state) {
    (void)state;
    static const char *const chunks[] = { "-1,-1,-1", "7,6,18", "5,20,4", "1,20,18", "24,1,7" };
    static const char *const executors[] = { "serial", "openmp", "ranks:2" };
    int joined = 0;
    for (int round = 0; round < 1500; round++) {
        int turned = below(3) == 0, folded = below(3) == 0;
        char text[MOST][100];
        const char *parts[MOST] = { NULL };
        int n = make_parts(text, turned ? (const int[]){ COLUMNS, TIMES, ROWS } : (const int[]){ TIMES, ROWS, COLUMNS });
        for (int k = 0; k < n; k++) {
            parts[k] = text[k];
        }
        ash_context *ctx = context_with(1 + below(3), NULL);
        const char *cut = chunks[below(5)];
        ash_array from_file = combine(view_of(open_file(ctx, below(FILES), cut), turned), parts);
        ash_array from_memory = combine(view_of(in_memory(ctx, cut), turned), parts);
        if (folded) {
            from_file = ash_sum(from_file, NULL);
            from_memory = ash_sum(from_memory, NULL);
        }
        ash_plan_info plan = { 0 }, apart = { 0 };
        ash_compute_options options = { .executor = executors[below(3)], .passes = "-stencil" };
        assert_done(ctx, ash_plan_query(ctx, 1, &from_file, &options, &apart));
        options.passes = NULL;
        assert_done(ctx, ash_plan_query(ctx, 1, &from_file, &options, &plan));
        joined += plan.bytes_read < apart.bytes_read;
        options.memory_limit = below(2) ? plan.least_limit + below((int)(plan.peak_bytes - plan.least_limit) + 1) : 0;
        int64_t bytes = ash_size(from_file) * 4;
        float *out = malloc((size_t)bytes), *expected = values_of(from_memory);
        assert_done(ctx, ash_plan_query(ctx, 1, &from_file, &options, &plan));
        assert_done(ctx, ash_compute(from_file, out, bytes, &options));
        ash_plan_info run = ash_last_run(ctx);
        if (memcmp(out, expected, (size_t)bytes) != 0 || run.bytes_read != plan.bytes_read || run.peak_bytes > plan.peak_bytes) {
            fail_msg("round %d, '%s', '%s' ... of chunks %s, limit %lld: %s; read %lld of %lld bytes, peak %lld of %lld", round, parts[0],
                parts[1], cut, (long long)options.memory_limit, memcmp(out, expected, (size_t)bytes) ? "other values" : "the same values",
                (long long)run.bytes_read, (long long)plan.bytes_read, (long long)run.peak_bytes, (long long)plan.peak_bytes);
        }
        free(out);
        free(expected);
        ash_context_free(ctx);
    }
    assert_in_range(joined, 200, 1500); /* or nothing was tested */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(overlaps_are_read_once),
        cmocka_unit_test(the_pass_can_be_left_out),
        cmocka_unit_test(any_stencil_has_the_same_bits),
    };
    return cmocka_run_group_tests(tests, make_files, remove_test_folder);
}
