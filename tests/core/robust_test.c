/* What runs do when something goes wrong or comes from aside: errors, reads that fail for a while, cancelling at any moment, hosts with threads of their own, fork. */
#include "netcdf_support.h"

#include <errno.h>
#include <omp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <time.h>

enum { TIMES = 60, ROWS = 40, COLUMNS = 50, ELEMENTS = TIMES * ROWS * COLUMNS };

/* ---- Reads that fail: the first of these that come, for this reason ---- */

static atomic_int failing, reason, reads;

ssize_t __real_pread(int fd, void *buffer, size_t bytes, off_t offset);
ssize_t __wrap_pread(int fd, void *buffer, size_t bytes, off_t offset);
ssize_t __wrap_pread(int fd, void *buffer, size_t bytes, off_t offset) {
    atomic_fetch_add(&reads, 1);
    if (atomic_load(&failing) > 0 && atomic_fetch_sub(&failing, 1) > 0) {
        errno = atomic_load(&reason);
        return -1;
    }
    return __real_pread(fd, buffer, bytes, offset);
}

/* ---- The file that all read ---- */

static double expected_sum;

static int make_file(void **state) {
    if (make_test_folder(state) != 0) {
        return -1;
    }
    float *values = malloc(ELEMENTS * sizeof *values);
    ash_context *ctx = ash_context_new(NULL);
    for (int k = 0; values && k < ELEMENTS; k++) {
        values[k] = (float)(k * 7919LL % 1000);
        expected_sum += (double)values[k];
    }
    ash_array a = ash_from_buffer(ctx, ASH_FLOAT32, 3, (int64_t[]){ TIMES, ROWS, COLUMNS }, values,
        &(ash_make_options){ .dims = "time,lat,lon", .chunks = "10,20,25" });
    ash_status plain = ash_write(a, test_path("plain.nc"), "t", NULL);
    ash_status chunked = ash_write(a, test_path("chunked.nc"), "t", &(ash_write_options){ .deflate = 1, .shuffle = true });
    ash_status classic = ash_write(a, test_path("classic.nc"), "t", &(ash_write_options){ .format = "cdf5" });
    ash_context_free(ctx);
    free(values);
    return plain == ASH_OK && chunked == ASH_OK && classic == ASH_OK ? 0 : -1;
}

static ash_context *context_by(int threads, int retries) {
    ash_context *ctx = ash_context_new(&(ash_context_options){
        .num_threads = threads, .executor = threads > 1 ? "openmp" : "serial", .memory_limit = (int64_t)1 << 30, .read_retries = retries });
    assert_non_null(ctx);
    return ctx;
}

static ash_array sum_of(ash_context *ctx, const char *name) {
    return ash_sum(ash_cast(ash_open(ctx, test_path(name), "t", NULL), ASH_FLOAT64), NULL);
}

static int count_entries(const char *folder) {
    int n = 0;
    DIR *entries = opendir(folder);
    while (entries && readdir(entries)) {
        n++;
    }
    if (entries) {
        closedir(entries);
    }
    return n;
}

/* Threads of OpenMP leave a moment after the thread they worked for: those of this test, which are waited for, and those that an earlier test left to go, which may have been counted
   before. So there may be fewer, never more; what was counted too many hides a thread or two, and a context that left one behind would leave one each time. */
static void assert_no_threads_left(int before) {
    for (int tries = 0; count_entries("/proc/self/task") > before && tries < 10000; tries++) {
        usleep(1000);
    }
    assert_true(count_entries("/proc/self/task") <= before);
}

/* ---- Errors ---- */

static void first_error_tells_where(void **state) {
    (void)state;
    static const char *const names[] = { "plain.nc", "chunked.nc", "classic.nc" };
    for (int k = 0; k < 3; k++) {
        for (int threads = 1; threads <= 3; threads += 2) {
            ash_context *ctx = context_by(threads, -1);
            double value;
            ash_array sum = sum_of(ctx, names[k]);
            assert_true(real_of(sum) == expected_sum);
            reason = EIO;
            failing = 1000000;
            atomic_store(&reads, 0);
            assert_int_equal(ash_compute(sum, &value, sizeof value, NULL), ASH_ERR_IO);
            assert_in_range(atomic_load(&reads), 1, 64); /* it stopped at once */
            failing = 0;
            assert_sentence(ctx, ASH_ERR_IO, names[k]);
            assert_sentence(ctx, ASH_ERR_IO, "variable 't'");
            assert_sentence(ctx, ASH_ERR_IO, strerror(EIO));
            assert_sentence(ctx, ASH_ERR_IO, "box of shape");
            assert_true(real_of(sum) == expected_sum);
            ash_context_free(ctx);
        }
    }
}

/* Elements of a vector in chunks of ten, of which some are not to be had. */
static ash_status broken_source(
    void *user, int32_t ndim, const int64_t start[], const int64_t extent[], void *buffer, char *message, int64_t message_bytes) {
    (void)user, (void)ndim;
    if (start[0] <= 70 && 70 < start[0] + extent[0]) {
        snprintf(message, (size_t)message_bytes, "the line is dead");
        return ASH_ERR_IO;
    }
    memset(buffer, 0, (size_t)extent[0] * sizeof(double));
    return ASH_OK;
}

static ash_status broken_sink(
    void *user, int32_t ndim, const int64_t start[], const int64_t extent[], const void *data, char *message, int64_t message_bytes) {
    (void)user, (void)ndim, (void)extent, (void)data;
    snprintf(message, (size_t)message_bytes, "no more paper");
    return start[0] == 40 ? ASH_ERR_IO : ASH_OK;
}

static ash_status broken_step(void *state, const void *elements, int64_t n, void *user) {
    (void)state, (void)n, (void)user;
    return *(const double *)elements == 30 ? ASH_ERR_ARGUMENT : ASH_OK;
}

static ash_status broken_merge(void *state, const void *next, void *user) {
    (void)state, (void)next, (void)user;
    return ASH_ERR_ARGUMENT;
}

static ash_status broken_function(const ash_function_call *call, void *user) {
    (void)user;
    snprintf(call->message, (size_t)call->message_bytes, "not this one");
    return call->chunk[0] == 5 ? ASH_ERR_ARGUMENT : ASH_OK;
}

static void init_state(void *state, void *user) {
    (void)user;
    memset(state, 0, 8);
}

static ash_status finish_state(void *state, int64_t count, void *result, void *user) {
    (void)count, (void)user;
    memcpy(result, state, 8);
    return ASH_OK;
}

/* Operation, group and chunk, then what went wrong with which file or function. */
static void errors_name_operation_chunk_and_file(void **state) {
    (void)state;
    ash_context *ctx = context_by(1, -1);
    double values[100];
    ash_array dead = ash_from_source(
        ctx, ASH_FLOAT64, 1, (int64_t[]){ 100 }, broken_source, NULL, &(ash_source_options){ .name = "wire", .chunks = "10", .dims = "x" });
    ash_array ramp = ash_arange(ctx, 0, 100, 1, &(ash_make_options){ .chunks = "10", .dims = "x" });
    ash_array real = ash_cast(ramp, ASH_FLOAT64);
    assert_int_equal(ash_compute(dead, values, sizeof values, NULL), ASH_ERR_IO);
    assert_sentence(ctx, ASH_ERR_IO, "compute: copy in group 0, chunk (7) of 'wire': read: ");
    assert_sentence(ctx, ASH_ERR_IO, "variable 'wire', box of shape (10) at (70): ");
    assert_sentence(ctx, ASH_ERR_IO, "the line is dead");
    assert_int_equal(ash_compute(ash_sum(ash_sin(dead), NULL), values, 8, NULL), ASH_ERR_IO);
    assert_sentence(ctx, ASH_ERR_IO, "compute: sin in group 0, chunk (7)");

    ash_array file = ash_sqrt(ash_open(ctx, test_path("plain.nc"), "t", NULL));
    float *all = values_of(file); /* where the values are is known now */
    reason = EIO;
    failing = 1000000;
    assert_int_equal(ash_compute(ash_index(file, "40:, 30:"), all, 20 * 10 * COLUMNS * 4, NULL), ASH_ERR_IO);
    failing = 0;
    assert_sentence(ctx, ASH_ERR_IO, "compute: sqrt in group 0, chunk (0, 0, 0) of 't': read: ");
    assert_sentence(ctx, ASH_ERR_IO, "plain.nc: variable 't', box of shape ");
    free(all);

    assert_int_equal(ash_store(ash_square(real), broken_sink, NULL, NULL), ASH_ERR_IO);
    assert_sentence(ctx, ASH_ERR_IO, "store: square in group 0, chunk (4)");
    assert_sentence(ctx, ASH_ERR_IO, "no more paper");
    assert_int_equal(ash_write(ash_mul(real, ash_real(ctx, 10)), test_path("small.nc"), "r",
                         &(ash_write_options){ .encoding = "r: dtype=int8", .format = "cdf5" }),
        ASH_ERR_ARGUMENT);
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "write: mul in group 0, chunk (1): ");

    ash_reduction_definition broken = { .name = "broken",
        .input = ASH_FLOAT64,
        .result = ASH_FLOAT64,
        .state_bytes = 8,
        .init = init_state,
        .step = broken_step,
        .merge = broken_merge,
        .finish = finish_state };
    assert_done(ctx, ash_register_reduction(ctx, &broken));
    assert_int_equal(ash_compute(ash_reduce_custom(real, "broken", NULL, false), values, 8, NULL), ASH_ERR_ARGUMENT);
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "group 0, chunk (3): the reduction 'broken' failed");
    ash_array zeros = ash_zeros(ctx, ASH_FLOAT64, 1, (int64_t[]){ 100 }, &(ash_make_options){ .chunks = "10" });
    assert_int_equal(ash_compute(ash_reduce_custom(zeros, "broken", NULL, false), values, 8, NULL), ASH_ERR_ARGUMENT);
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "compute: broken in group 0: the reduction 'broken' failed");

    assert_done(ctx, ash_register(ctx, &(ash_function_definition){ .name = "picky", .function = broken_function }));
    ash_array picky = ash_map_blocks(ctx, "picky", 1, &real, ASH_FLOAT64);
    assert_int_equal(ash_compute(picky, values, sizeof values, NULL), ASH_ERR_ARGUMENT);
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "compute: picky in group 2, chunk (5): the function failed at [50:60]: not this one");
    ash_context_free(ctx);
}

/* ---- Reads that are tried again ---- */

static void transient_errors_pass(void **state) {
    (void)state;
    static const char *const names[] = { "plain.nc", "chunked.nc", "classic.nc" };
    static const int passing[] = { EIO, ESTALE, EINTR }, lasting[] = { EBADF, EINVAL };
    for (int k = 0; k < 3; k++) {
        ash_context *ctx = context_by(1, 0);
        double value;
        ash_array sum = sum_of(ctx, names[k]);
        assert_true(real_of(sum) == expected_sum); /* what is read once is read */
        assert_int_equal(ash_last_run(ctx).reads_repeated, 0);
        for (int r = 0; r < 3; r++) {
            reason = passing[r];
            failing = 2;
            assert_true(real_of(sum) == expected_sum);
            assert_int_equal(ash_last_run(ctx).reads_repeated, reason == EINTR ? 0 : 2);
        }
        for (int r = 0; r < 2; r++) {
            reason = lasting[r];
            failing = 1;
            assert_int_equal(ash_compute(sum, &value, sizeof value, NULL), ASH_ERR_IO);
        }
        reason = EIO;
        failing = 3; /* one more than it is tried again */
        assert_int_equal(ash_compute(sum, &value, sizeof value, NULL), ASH_ERR_IO);
        assert_int_equal(ash_last_run(ctx).reads_repeated, 2);
        assert_sentence(ctx, ASH_ERR_IO, strerror(EIO));
        failing = 0;
        ash_context_free(ctx);
        ctx = context_by(1, -1);
        sum = sum_of(ctx, names[k]);
        assert_true(real_of(sum) == expected_sum);
        failing = 1;
        assert_int_equal(ash_compute(sum, &value, sizeof value, NULL), ASH_ERR_IO);
        failing = 0;
        ash_context_free(ctx);
    }
    assert_null(ash_context_new(&(ash_context_options){ .read_retries = 101 }));
    assert_non_null(strstr(ash_error(NULL), "read_retries"));
}

/* ---- Cancelling ---- */

typedef struct canceller {
    ash_context *ctx;
    int64_t after_ns;
} canceller;

static void *cancel_later(void *user) {
    canceller *c = user;
    nanosleep(&(struct timespec){ .tv_nsec = c->after_ns }, NULL);
    ash_cancel(c->ctx);
    return NULL;
}

/* A job with reading, decoding, merging, and scratch if the limit is low; at any moment it may be told to stop. */
static void cancelled_at_any_moment(void **state) {
    (void)state;
    int cancelled = 0, files = 0, threads = 0;
    unsigned seed = 17;
    for (int round = 0; round < 60 || (cancelled <= 5 && round < 1000); round++) { /* on a busy machine most come too late */
        ash_context *ctx = context_by(1 + round % 3, 0);
        ash_array t = ash_cast(ash_open(ctx, test_path("chunked.nc"), "t", NULL), ASH_FLOAT64);
        ash_array turned = ash_rechunk(ash_sub(t, ash_mean(t, "time")), "60,5,5");
        ash_array result = ash_mean(ash_sqrt(ash_mul(turned, turned)), "time");
        double *values = malloc(ROWS * COLUMNS * sizeof *values), *again = malloc(ROWS * COLUMNS * sizeof *values);
        ash_plan_info info = { .size = sizeof info };
        assert_done(ctx, ash_plan_query(ctx, 1, &result, NULL, &info));
        ash_compute_options options = { .memory_limit = round % 2 ? (info.least_limit + info.sequential_peak) / 2 : 0 };
        assert_done(ctx, ash_compute(result, values, ROWS * COLUMNS * 8, &options));
        double seconds = ash_last_run(ctx).seconds;
        pthread_t thread;
        canceller c = { ctx, (int64_t)(seconds * 1e9 * (rand_r(&seed) % 100) / 80) };
        c.after_ns = c.after_ns < 900000000 ? c.after_ns : 900000000;
        pthread_create(&thread, NULL, cancel_later, &c);
        ash_status status = ash_compute(result, again, ROWS * COLUMNS * 8, &options);
        pthread_join(thread, NULL);
        assert_true(status == ASH_OK || status == ASH_ERR_CANCELLED);
        cancelled += status == ASH_ERR_CANCELLED;
        assert_done(ctx, ash_compute(result, again, ROWS * COLUMNS * 8, &options));
        assert_memory_equal(values, again, ROWS * COLUMNS * 8);
        ash_context_free(ctx);
        free(values);
        free(again);
        if (round == 2) { /* the team of this thread is there, and stays */
            files = count_entries("/proc/self/fd");
            threads = count_entries("/proc/self/task");
        }
    }
    assert_true(cancelled > 5);
    assert_int_equal(count_entries("/proc/self/fd"), files);
    assert_no_threads_left(threads);
}

/* ---- Hosts ---- */

/* Whether a context of its own computes what it should: 0 if so. Called from threads that are not cmocka's. Where ASH_TEST_THREADS is set, by so many threads at most. */
static int compute_alone(int threads, const char *executor) {
    const char *most = getenv("ASH_TEST_THREADS");
    executor = most && atoi(most) == 1 ? "serial" : executor;
    ash_context *ctx = ash_context_new(&(ash_context_options){ .num_threads = threads, .executor = executor });
    int failures = ctx == NULL;
    static const char *const names[] = { "chunked.nc", "plain.nc", "classic.nc" };
    for (int k = 0; ctx && k < 6; k++) {
        double value = 0;
        failures += ash_compute(sum_of(ctx, names[k % 3]), &value, sizeof value, NULL) != ASH_OK || value != expected_sum;
        ash_future *future = ash_submit(sum_of(ctx, names[k % 3]), NULL);
        failures += ash_future_result(future, &value, sizeof value) != ASH_OK || value != expected_sum;
    }
    ash_context_free(ctx);
    return failures;
}

static void in_a_parallel_region(void **state) {
    (void)state;
    int failures = 0;
    for (int round = 0; round < 5; round++) {
#pragma omp parallel num_threads(4) reduction(+ : failures)
        failures += compute_alone(2, "openmp");
    }
    assert_int_equal(failures, 0);
#pragma omp parallel num_threads(3)
#pragma omp single
    {
        for (int k = 0; k < 6; k++) {
#pragma omp task shared(failures)
            {
                int n = compute_alone(3, "openmp");
#pragma omp atomic
                failures += n;
            }
        }
    }
    assert_int_equal(failures, 0);
}

static void *compute_in_thread(void *failures) {
    *(int *)failures = compute_alone(2, "openmp");
    return NULL;
}

static void in_several_threads(void **state) {
    (void)state;
    enum { N = 6 };
    int before = count_entries("/proc/self/task");
    for (int round = 0; round < 3; round++) {
        pthread_t thread[N];
        int failures[N];
        for (int k = 0; k < N; k++) {
            pthread_create(&thread[k], NULL, compute_in_thread, &failures[k]);
        }
        for (int k = 0; k < N; k++) {
            pthread_join(thread[k], NULL);
            assert_int_equal(failures[k], 0);
        }
    }
    assert_no_threads_left(before);
}

/* ---- fork ---- */

static int in_child(ash_context *ctx) {
    double value = 0;
    pthread_t thread;
    int failures = 1;
    alarm(30); /* the worst that could happen: it hangs */
    ash_array sum = sum_of(ctx, "chunked.nc");
    if (ash_compute(sum, &value, sizeof value, NULL) != ASH_ERR_UNSUPPORTED || !strstr(ash_error(ctx), "fork()")) {
        return 1;
    }
    if (ash_compute(sum, &value, sizeof value, &(ash_compute_options){ .executor = "serial" }) != ASH_OK || value != expected_sum) {
        return 2;
    }
    ash_context_free(ctx);
    if (compute_alone(1, "serial") != 0) {
        return 3;
    }
    if (pthread_create(&thread, NULL, compute_in_thread, &failures) != 0 || pthread_join(thread, NULL) != 0 || failures) {
        return 4;
    }
    return 0;
}

static void in_a_child(void **state) {
    (void)state;
    ash_context *ctx = context_by(3, 0);
    assert_true(real_of(sum_of(ctx, "plain.nc")) == expected_sum);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        _exit(in_child(ctx));
    }
    int status = -1;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    assert_true(real_of(sum_of(ctx, "plain.nc")) == expected_sum);
    ash_context_free(ctx);
}

/* As a read by HDF5 that takes its time. */
static ash_status hold_lock(const ash_function_call *call, void *begun) {
    ash_io_lock();
    atomic_store((atomic_int *)begun, 1);
    usleep(200000);
    ash_io_unlock();
    *(double *)call->output[0]->data = 1;
    return ASH_OK;
}

/* What another thread had the lock for does not come to its end in the child, which reads files, and frees the context with those that are open, all the same. */
static void in_a_child_while_the_libraries_work(void **state) {
    (void)state;
    static atomic_int begun;
    ash_context *ctx = context_by(1, 0);
    double value = 0;
    ash_array sum = sum_of(ctx, "chunked.nc");
    assert_true(real_of(sum) == expected_sum);
    assert_done(ctx, ash_register(ctx, &(ash_function_definition){ .name = "hold", .function = hold_lock, .user = &begun }));
    ash_future *future = ash_submit(ash_delayed(ctx, "hold", 0, NULL, ASH_FLOAT64, 0, NULL, NULL), NULL);
    while (!atomic_load(&begun)) {
        usleep(100);
    }
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        alarm(60); /* it may hang */
        ash_context_free(ctx);
        _exit(compute_alone(1, "serial"));
    }
    int status = -1;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    assert_done(ctx, ash_future_result(future, &value, sizeof value));
    assert_true(real_of(sum) == expected_sum);
    ash_context_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_error_tells_where),
        cmocka_unit_test(errors_name_operation_chunk_and_file),
        cmocka_unit_test(transient_errors_pass),
        cmocka_unit_test(cancelled_at_any_moment),
        cmocka_unit_test(in_a_parallel_region),
        cmocka_unit_test(in_several_threads),
        cmocka_unit_test(in_a_child),
        cmocka_unit_test(in_a_child_while_the_libraries_work),
    };
    return cmocka_run_group_tests_name("robust", tests, make_file, remove_test_folder);
}
