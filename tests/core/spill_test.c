/* Scratch: results that do not fit the memory limit are the same, within the limit, and leave nothing behind; what goes wrong with scratch is told. */
#include "held_expressions.h"

#include <dirent.h>
#include <math.h>
#include <sys/resource.h>
#include <unistd.h>

static ash_context *context_in(const char *scratch, int threads) {
    ash_context *ctx = ash_context_new(&(ash_context_options){ .size = sizeof(ash_context_options),
        .num_threads = threads,
        .executor = threads > 1 ? "openmp" : "serial",
        .memory_limit = (int64_t)1 << 30,
        .scratch = scratch });
    assert_non_null(ctx);
    return ctx;
}

static int files_in(const char *folder) {
    DIR *d = opendir(folder);
    int n = 0;
    assert_non_null(d);
    while (readdir(d)) {
        n++;
    }
    closedir(d);
    return n;
}

static ash_plan_info query(ash_array a) {
    ash_plan_info info = { .size = sizeof info };
    assert_done(a.context, ash_plan_query(a.context, 1, &a, NULL, &info));
    return info;
}

static void any_limit_gives_the_same_bits(void **state) {
    (void)state;
    char folder[] = "/tmp/ashlar-spill-XXXXXX";
    assert_non_null(mkdtemp(folder));
    int empty = files_in(folder);
    for (int e = 0; e < EXPRESSIONS; e++) {
        int spilled = 0;
        for (int threads = 1; threads <= 4; threads += 3) {
            ash_context *ctx = context_in(folder, threads);
            ash_array a = expressions[e].build(ctx);
            assert_good(a);
            void *expected = values_of(a), *found = malloc((size_t)bytes_of(a));
            int descriptors = files_in("/proc/self/fd");
            ash_plan_info info = query(a);
            assert_true(info.bytes_spilled == 0);
            for (int64_t limit = info.least_limit; limit < info.sequential_peak + info.sequential_peak / 4; limit += limit / 3) {
                ash_compute_options options = { .memory_limit = limit };
                memset(found, 0xee, (size_t)bytes_of(a));
                ash_plan_info plan = { .size = sizeof plan };
                assert_done(ctx, ash_plan_query(ctx, 1, &a, &options, &plan));
                assert_int_equal(plan.least_limit, info.least_limit);
                assert_true(plan.peak_bytes <= limit);
                if (ash_compute(a, found, bytes_of(a), &options) != ASH_OK) {
                    fail_msg("%s with a limit of %lld: %s", expressions[e].name, (long long)limit, ash_error(ctx));
                }
                ash_plan_info run = ash_last_run(ctx);
                assert_memory_equal(expected, found, (size_t)bytes_of(a));
                if (run.peak_bytes > plan.peak_bytes) {
                    fail_msg("%s on %d threads with a limit of %lld: %lld bytes, although the plan says %lld", expressions[e].name, threads,
                        (long long)limit, (long long)run.peak_bytes, (long long)plan.peak_bytes);
                }
                assert_int_equal(run.bytes_spilled, plan.bytes_spilled);
                assert_int_equal(run.bytes_loaded, plan.bytes_loaded);
                spilled += run.bytes_spilled > 0;
            }
            ash_compute_options less = { .memory_limit = info.least_limit - 1 };
            assert_int_equal(ash_compute(a, found, bytes_of(a), &less), ASH_ERR_LIMIT);
            assert_int_equal(files_in(folder), empty);
            assert_int_equal(files_in("/proc/self/fd"), descriptors);
            free(expected);
            free(found);
            ash_context_free(ctx);
        }
        if (!spilled) {
            fail_msg("%s has spilled with no limit", expressions[e].name);
        }
    }
    assert_int_equal(rmdir(folder), 0);
}

/* A variable put on another grid within little memory: through scratch, and what runs is what was told. */
static void files_on_other_grids(void **state) {
    (void)state;
    static const ash_write_options how[] = { { .chunks = "1,-1,-1" }, { .chunks = "1,-1,-1", .deflate = 1 }, { .format = "cdf5" } };
    char folder[] = "/tmp/ashlar-spill-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    for (int f = 0; f < 3; f++) {
        ash_context *ctx = context_in(folder, 2);
        ash_array whole =
            ash_reshape(ash_cast(ash_remainder(ash_arange(ctx, 0, 96 * 80 * 120, 1, NULL), ash_int(ctx, 1009)), ASH_FLOAT32), "96,80,120");
        snprintf(path, sizeof path, "%s/%d.nc", folder, f);
        assert_done(ctx, ash_write(whole, path, "t", &how[f]));
        ash_array columns =
            ash_max(ash_cumsum(ash_rechunk(ash_open(ctx, path, "t", &(ash_open_options){ .chunks = "4,-1,-1" }), "-1,8,8"), "0"), NULL);
        float expected = 0, found = 0;
        assert_done(ctx, ash_compute(columns, &expected, sizeof expected, NULL));
        ash_plan_info least = query(columns);
        int spilled = 0;
        for (int64_t limit = least.least_limit + least.least_limit / 4; limit < least.peak_bytes; limit += limit / 4) {
            ash_compute_options options = { .memory_limit = limit };
            ash_plan_info plan = { 0 };
            assert_done(ctx, ash_plan_query(ctx, 1, &columns, &options, &plan));
            assert_done(ctx, ash_compute(columns, &found, sizeof found, &options));
            ash_plan_info run = ash_last_run(ctx);
            assert_true(found == expected && run.peak_bytes <= plan.peak_bytes);
            assert_int_equal(run.bytes_read, plan.bytes_read);
            assert_int_equal(run.bytes_spilled, plan.bytes_spilled);
            assert_int_equal(run.bytes_loaded, plan.bytes_loaded);
            assert_int_equal(run.tasks, plan.tasks);
            assert_true(run.bytes_spilled == 0 || run.bytes_decoded <= plan.decoded_needed);
            spilled += run.bytes_spilled > 0;
        }
        assert_in_range(spilled, 3, 100);
        ash_context_free(ctx);
        assert_int_equal(remove(path), 0);
    }
    assert_int_equal(rmdir(folder), 0);
}

/* The least limit is far below the array: what is on another grid needs none of its input in memory. */
static ash_status next(const ash_function_call *call, void *user) {
    (void)user;
    *(double *)call->output[0]->data = *(const double *)call->input[0]->data + 1;
    return ASH_OK;
}

/* Plans keep to the least limit however full their lists are: what scratch adds to them may make them grow. */
static void lists_that_grow_are_counted(void **state) {
    (void)state;
    int spilled = 0;
    for (int e = 0; e < EXPRESSIONS; e++) {
        for (int calls = 0; calls < 60; calls++) {
            ash_context *ctx = context_in("/tmp", 1);
            assert_done(ctx, ash_register(ctx, &(ash_function_definition){ .name = "next", .function = next }));
            ash_array one = ash_cast(ash_real(ctx, 1), ASH_FLOAT64);
            for (int k = 0; k < calls; k++) {
                one = ash_delayed(ctx, "next", 1, &one, ASH_FLOAT64, 0, NULL, NULL);
            }
            ash_array a = ash_add(expressions[e].build(ctx), one);
            ash_plan_info plan = { .size = sizeof plan };
            ash_compute_options options = { .memory_limit = query(a).least_limit };
            assert_done(ctx, ash_plan_query(ctx, 1, &a, &options, &plan));
            if (plan.peak_bytes > options.memory_limit) {
                fail_msg("%s and %d calls with a limit of %lld: the plan has a peak of %lld", expressions[e].name, calls,
                    (long long)options.memory_limit, (long long)plan.peak_bytes);
            }
            spilled += plan.bytes_spilled > 0;
            ash_context_free(ctx);
        }
    }
    assert_true(spilled > 100);
}

static void a_transpose_takes_little(void **state) {
    (void)state;
    ash_context *ctx = context_in(NULL, 1);
    assert_true(query(transposed(ctx)).least_limit < (int64_t)sizeof field / 2);
    ash_context_free(ctx);
}

static void without_scratch_it_is_refused(void **state) {
    (void)state;
    ash_context *with = context_in(NULL, 2), *without = context_in("none", 2);
    int64_t least = query(transposed(with)).least_limit;
    assert_true(query(transposed(without)).least_limit > 2 * least);
    ash_array a = transposed(without);
    ash_compute_options options = { .memory_limit = 2 * least };
    void *values = malloc((size_t)bytes_of(a));
    assert_int_equal(ash_compute(a, values, bytes_of(a), &options), ASH_ERR_LIMIT);
    free(values);
    ash_context_free(with);
    ash_context_free(without);
}

static void expect_failure(const char *folder, const char *words) {
    ash_context *ctx = context_in(folder, 2);
    ash_array a = transposed(ctx);
    ash_compute_options options = { .memory_limit = query(a).least_limit + 100000 };
    void *values = malloc((size_t)bytes_of(a));
    int descriptors = files_in("/proc/self/fd");
    assert_int_equal(ash_compute(a, values, bytes_of(a), &options), ASH_ERR_IO);
    assert_sentence(ctx, ASH_ERR_IO, words);
    assert_int_equal(files_in("/proc/self/fd"), descriptors);
    assert_done(ctx, ash_compute(a, values, bytes_of(a), NULL)); /* the context is as good as before */
    free(values);
    ash_context_free(ctx);
}

static void a_folder_that_cannot_be_used(void **state) {
    (void)state;
    expect_failure("/nowhere/at/all", "the folder '/nowhere/at/all' cannot be written to: No such file or directory; set ASH_SCRATCH");
    expect_failure("/dev/null", "/dev/null");
    if (geteuid() != 0) {
        expect_failure("/", "Permission denied");
    }
}

static void a_file_that_may_not_grow(void **state) {
    (void)state;
    struct rlimit before, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 1 << 16;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    expect_failure(NULL, "File too large");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
}

/* Overwrites all files without a name that this process has open. */
static void scribble(void) {
    static char garbage[1 << 20];
    memset(garbage, 0xa5, sizeof garbage);
    for (int fd = 3; fd < 64; fd++) {
        char link[64], target[256] = { 0 };
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        if (readlink(link, target, sizeof target - 1) > 0 && strstr(target, "(deleted)")) {
            for (off_t at = 0; at < (off_t)8 << 20; at += (off_t)sizeof garbage) {
                assert_true(pwrite(fd, garbage, sizeof garbage, at) == (ssize_t)sizeof garbage);
            }
        }
    }
}

static ash_status read_and_scribble(
    void *user, int32_t ndim, const int64_t start[], const int64_t extent[], void *buffer, char *message, int64_t bytes) {
    (void)user, (void)ndim, (void)start, (void)message, (void)bytes;
    scribble();
    memset(buffer, 0, (size_t)(extent[0] * extent[1]) * sizeof(double));
    return ASH_OK;
}

static void scratch_that_was_changed(void **state) {
    (void)state;
    ash_context *ctx = context_in(NULL, 1);
    ash_array source = ash_from_source(
        ctx, ASH_FLOAT64, 2, (int64_t[]){ ROWS, COLUMNS }, read_and_scribble, NULL, &(ash_source_options){ .chunks = "30, -1" });
    ash_array a = ash_rechunk(ash_transpose(ash_cumsum(source, "1"), NULL), "60, 70");
    ash_compute_options options = { .memory_limit = query(a).least_limit };
    void *values = malloc((size_t)bytes_of(a));
    assert_int_equal(ash_compute(a, values, bytes_of(a), &options), ASH_ERR_IO);
    assert_sentence(ctx, ASH_ERR_IO, "does not hold what was written to it");
    assert_done(ctx, ash_compute(a, values, bytes_of(a), NULL));
    free(values);
    ash_context_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_limit_gives_the_same_bits),
        cmocka_unit_test(lists_that_grow_are_counted),
        cmocka_unit_test(files_on_other_grids),
        cmocka_unit_test(a_transpose_takes_little),
        cmocka_unit_test(without_scratch_it_is_refused),
        cmocka_unit_test(a_folder_that_cannot_be_used),
        cmocka_unit_test(a_file_that_may_not_grow),
        cmocka_unit_test(scratch_that_was_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
