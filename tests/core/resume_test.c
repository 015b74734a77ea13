/* Writing that goes on where a run ended: interrupted, cancelled, failed or killed at any moment. The file is the same to the byte. */
#include "netcdf_support.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { STEPS = 96, ROWS = 100, COLUMNS = 200 };

/* Runs that are killed; a sanitizer sees nothing of these but the beginnings, slowly. */
#ifdef __SANITIZE_ADDRESS__
enum { ROUNDS = 4 };
#else
enum { ROUNDS = 8 };
#endif

/* How a file is written. */
typedef struct form {
    const char *name;
    ash_write_options options;
} form;

static const form forms[] = {
    { "compressed", { .deflate = 4, .shuffle = true, .history = "", .resume = true } },
    { "unlimited", { .zstd = 1, .unlimited = "time", .history = "", .resume = true } },
    { "contiguous", { .history = "", .resume = true } },
    { "classic", { .format = "classic", .unlimited = "time", .history = "", .resume = true } },
    { "cdf5", { .format = "cdf5", .history = "", .resume = true } },
    { "zarr", { .format = "zarr", .deflate = 1, .shuffle = true, .history = "", .resume = true } },
    { "zip", { .format = "zarr_zip", .deflate = 1, .shuffle = true, .history = "", .resume = true } },
};

enum { FORMS = sizeof forms / sizeof forms[0] };

/* Two variables that take some work, one of them through a reduction that all of the other needs. */
static void make_arrays(ash_context *ctx, ash_array array[2], double factor) {
    ash_array t = ash_arange(ctx, 0, STEPS, 1, &(ash_make_options){ .dims = "time", .chunks = "4" });
    ash_array y = ash_arange(ctx, 0, ROWS, 1, &(ash_make_options){ .dims = "y" }),
              x = ash_arange(ctx, 0, COLUMNS, 1, &(ash_make_options){ .dims = "x" });
    ash_array wave = ash_sin(ash_add(ash_mul(t, ash_real(ctx, factor)), ash_mul(y, x)));
    wave = ash_transpose(wave, "time, y, x");
    wave = ash_set_coord(wave, "time", ash_mul(t, ash_real(ctx, 0.5)));
    array[0] = ash_cast(ash_sub(wave, ash_mean(wave, "time")), ASH_FLOAT32);
    array[1] = ash_cast(ash_mul(wave, ash_real(ctx, 1000)), ASH_INT16);
}

/* Somebody who stops a run after a while. */
typedef struct stopper {
    ash_context *ctx;
    int64_t after; /* nanoseconds */
    void (*stop)(ash_context *);
} stopper;

static void *stop_after(void *argument) {
    stopper *s = argument;
    nanosleep(&(struct timespec){ .tv_sec = s->after / 1000000000, .tv_nsec = s->after % 1000000000 }, NULL);
    s->stop(s->ctx);
    return NULL;
}

static ash_status write_with(const form *how, const char *path, int threads, int64_t limit, double factor, stopper *stop, int64_t *tasks) {
    ash_context *ctx = ash_context_new(&(ash_context_options){ .num_threads = threads, .memory_limit = limit });
    ash_array array[2];
    pthread_t thread;
    assert_non_null(ctx);
    make_arrays(ctx, array, factor);
    if (stop) {
        stop->ctx = ctx;
        assert_int_equal(pthread_create(&thread, NULL, stop_after, stop), 0);
    }
    ash_status status = ash_write_many(ctx, 2, array, path, (const char *[]){ "anomaly", "packed" }, &how->options);
    if (status != ASH_OK && status != ASH_ERR_INTERRUPTED && status != ASH_ERR_CANCELLED) {
        print_message("%s: %s\n", how->name, ash_error(ctx));
    }
    if (stop) {
        pthread_join(thread, NULL);
    }
    if (tasks) {
        *tasks = ash_last_run(ctx).tasks;
    }
    ash_context_free(ctx);
    return status;
}

static char *contents(const char *path, int64_t *bytes) {
    FILE *file = fopen(path, "rb");
    if (!file) {
        fail_msg("%s is not there", path);
        return NULL;
    }
    fseek(file, 0, SEEK_END);
    *bytes = ftell(file);
    rewind(file);
    char *data = malloc((size_t)*bytes + 1);
    assert_int_equal(fread(data, 1, (size_t)*bytes, file), *bytes);
    fclose(file);
    return data;
}

static void expect_same_folders(const char *path, const char *other) {
    char command[1200];
    snprintf(command, sizeof command, "diff -r '%s' '%s'", path, other);
    assert_int_equal(system(command), 0);
}

static void expect_same_files(const char *path, const char *other) {
    struct stat about;
    if (stat(path, &about) == 0 && S_ISDIR(about.st_mode)) {
        expect_same_folders(path, other);
        return;
    }
    int64_t n, m;
    char *a = contents(path, &n), *b = contents(other, &m);
    assert_int_equal(n, m);
    assert_memory_equal(a, b, (size_t)n);
    free(a);
    free(b);
}

/* The file as one run makes it. */
static const char *reference(const form *how) {
    static char path[512];
    snprintf(path, sizeof path, "%s", test_path("whole.nc"));
    remove_all(path); /* a file does not take the place of a folder */
    assert_int_equal(write_with(how, path, 2, 1 << 28, 0.1, NULL, NULL), ASH_OK);
    return path;
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void test_interrupted(void **state) {
    (void)state;
    static const double after[] = { 0.4, 0.7, 0.9 }; /* of the time that a whole run takes */
    int64_t left = 0;                                /* tasks that need not be done again */
    for (int k = 0; k < FORMS; k++) {
        const char *whole = reference(&forms[k]), *path = test_path("out.nc");
        int entries = test_entries(0);
        int64_t all, first = 0;
        double began = seconds();
        assert_int_equal(write_with(&forms[k], path, 1, 1 << 28, 0.1, NULL, &all), ASH_OK);
        double whole_run = seconds() - began;
        for (int s = 0; s < 2; s++) {
            remove_all(path);
            for (int i = 0; i < 3; i++) {
                stopper stop = { .after = (int64_t)(after[i] * whole_run * 1e9), .stop = s ? ash_cancel : ash_interrupt };
                int64_t tasks;
                ash_status status = write_with(&forms[k], path, 1 + i % 2, 1 << 28, 0.1, &stop, &tasks);
                if (status == ASH_OK) { /* it was done before */
                    left += all - tasks;
                    break;
                }
                assert_int_equal(status, s ? ASH_ERR_CANCELLED : ASH_ERR_INTERRUPTED);
                assert_int_equal(access(path, F_OK), -1);
                first = i == 0 ? tasks : first;
                assert_true(tasks <= first);
            }
            int64_t rest;
            assert_int_equal(write_with(&forms[k], path, 2, 24 << 20, 0.1, NULL, &rest), ASH_OK);
            assert_true(rest <= all);
            left += all - rest;
            expect_same_files(path, whole);
            assert_int_equal(test_entries(0), entries + 1);
        }
        remove_all(path);
    }
    assert_true(left > 0);
}

/* What lies there is of another expression: it counts for nothing. */
static void test_other_expression(void **state) {
    (void)state;
    for (int k = 0; k < FORMS; k++) {
        const char *whole = reference(&forms[k]), *path = test_path("out.nc");
        stopper stop = { .after = 10000000, .stop = ash_interrupt };
        write_with(&forms[k], path, 2, 1 << 28, 0.2, &stop, NULL);
        assert_int_equal(write_with(&forms[k], path, 2, 1 << 28, 0.1, NULL, NULL), ASH_OK);
        expect_same_files(path, whole);
        remove_all(path);
    }
}

/* Another run holds the journal. */
static void test_two_runs(void **state) {
    (void)state;
    int other = open(test_path(".out.nc.resume"), O_RDWR | O_CREAT, 0666);
    assert_true(other >= 0 && flock(other, LOCK_EX) == 0);
    ash_context *ctx = context_with(2, NULL);
    ash_array array[2];
    make_arrays(ctx, array, 0.1);
    assert_int_equal(
        ash_write_many(ctx, 2, array, test_path("out.nc"), (const char *[]){ "anomaly", "packed" }, &forms[0].options), ASH_ERR_IO);
    assert_sentence(ctx, ASH_ERR_IO, "another run is writing this file");
    ash_context_free(ctx);
    close(other);
    const char *whole = reference(&forms[0]);
    assert_int_equal(write_with(&forms[0], test_path("out.nc"), 1, 1 << 28, 0.1, NULL, NULL), ASH_OK);
    expect_same_files(test_path("out.nc"), whole);
    remove_all(test_path("out.nc"));
}

/* ---- What counts as the same ---- */

enum { ELEMENTS = 64, PART = 4 };

/* A source that fails when it has delivered so many chunks. */
static ash_status deliver(void *user, int32_t ndim, const int64_t start[], const int64_t extent[], void *buffer, char *message, int64_t n) {
    int *left = user;
    (void)ndim, (void)start;
    if ((*left)-- == 0) {
        snprintf(message, (size_t)n, "it is enough");
        return ASH_ERR_IO;
    }
    memset(buffer, 0, (size_t)extent[0] * sizeof(double));
    return ASH_OK;
}

/* What is written: bytes of a file, taken in one way or another, with an attribute that has the same bytes in one type or another. */
typedef struct taken {
    ash_raw_options raw;
    int text; /* the attribute is text */
} taken;

static ash_status write_taken(const taken *how, const char *path, const ash_write_options *options, int chunks) {
    ash_context *ctx = context_with(1, NULL);
    static const char text[] = "12345678";
    double real;
    int64_t shape[] = { ELEMENTS };
    memcpy(&real, text, sizeof real);
    ash_array raw = ash_open_raw(ctx, test_path("in.bin"), ASH_FLOAT64, 1, shape, &how->raw);
    ash_array source = ash_from_source(ctx, ASH_FLOAT64, 1, shape, deliver, &chunks, &(ash_source_options){ .chunks = "4" });
    ash_array a = ash_add(ash_rechunk(raw, "4"), source);
    a = how->text ? ash_set_attr(a, "mark", text) : ash_set_attr_real(a, "mark", real);
    ash_status status = ash_write(a, path, "v", options);
    ash_context_free(ctx);
    return status;
}

static void make_input(void) {
    int fd = open(test_path("in.bin"), O_RDWR | O_CREAT, 0666);
    for (int k = 0; k < ELEMENTS + 1; k++) {
        double x = k;
        assert_int_equal(write(fd, &x, sizeof x), sizeof x);
    }
    close(fd);
}

/* A run goes on from nothing that was made of other bytes, or declared otherwise. */
static void test_other_inputs(void **state) {
    (void)state;
    static const taken ways[] = { { { .byte_order = "little" }, 0 }, { { .byte_order = "big" }, 0 }, { { .offset = 8 }, 0 },
        { { .byte_order = "little" }, 1 } };
    static const ash_write_options forms_of_one[] = { { .history = "", .resume = true }, { .history = "", .resume = true, .deflate = 1 },
        { .history = "", .resume = true, .format = "classic" } };
    make_input();
    for (int f = 0; f < 3; f++) {
        for (int first = 0; first < 4; first++) {
            for (int second = 0; second < 4; second++) {
                const char *path = test_path("out.nc"), *whole = test_path("whole.nc");
                assert_int_equal(write_taken(&ways[second], whole, &forms_of_one[f], -1), ASH_OK);
                assert_int_equal(write_taken(&ways[first], path, &forms_of_one[f], ELEMENTS / PART - 3), ASH_ERR_IO);
                assert_true(access(test_path(".out.nc.resume"), F_OK) == 0);
                /* The chunks that are left are all that need be made again of the same. */
                assert_int_equal(write_taken(&ways[second], path, &forms_of_one[f], first == second ? 3 : -1), ASH_OK);
                expect_same_files(path, whole);
                unlink(path);
            }
        }
    }
    test_entries(1);
}

static int has_journal(void) {
    return (access(test_path(".out.nc.resume"), F_OK) == 0) + (access(test_path(".out.nc.resume.data"), F_OK) == 0);
}

/* What could be gone on with is of no use when the file has been made in another way. */
static void test_stale_journal(void **state) {
    (void)state;
    static const taken way = { { .byte_order = "little" }, 0 };
    static const ash_write_options resumed[] = { { .resume = true }, { .resume = true, .deflate = 1 } }, plain = { 0 };
    char path[512];
    snprintf(path, sizeof path, "%s", test_path("out.nc"));
    make_input();
    for (int f = 0; f < 2; f++) {
        assert_int_equal(write_taken(&way, path, &resumed[f], 5), ASH_ERR_IO);
        assert_int_equal(has_journal(), 2);
        assert_int_equal(write_taken(&way, path, &plain, 5), ASH_ERR_IO); /* not finished */
        assert_int_equal(has_journal(), 2);
        int other = open(test_path(".out.nc.resume"), O_RDWR);
        assert_int_equal(flock(other, LOCK_EX), 0);
        assert_int_equal(write_taken(&way, path, &plain, -1), ASH_OK);
        assert_int_equal(has_journal(), 2); /* somebody is at work */
        close(other);
        assert_int_equal(write_taken(&way, path, &plain, -1), ASH_OK);
        assert_int_equal(has_journal(), 0);
    }
    int other = open(test_path(".out.nc.resume"), O_RDWR | O_CREAT, 0666); /* something of the user's */
    assert_int_equal(write(other, "a diary", 7), 7);
    close(other);
    assert_int_equal(write_taken(&way, path, &plain, -1), ASH_OK);
    assert_int_equal(has_journal(), 1);
    test_entries(1);
}

/* Sets the bytes of the number `x`, in either byte order, to 0 in a file; how often it is there. */
static int lose_number(const char *path, double x) {
    int64_t bytes;
    char *data = contents(path, &bytes), number[8], swapped[8];
    int found = 0;
    memcpy(number, &x, 8);
    for (int b = 0; b < 8; b++) {
        swapped[b] = number[7 - b];
    }
    for (int64_t at = 0; at + 8 <= bytes; at++) {
        if (memcmp(data + at, number, 8) == 0 || memcmp(data + at, swapped, 8) == 0) {
            memset(data + at, 0, 8);
            found++;
        }
    }
    FILE *file = fopen(path, "r+b");
    assert_int_equal(fwrite(data, 1, (size_t)bytes, file), bytes);
    fclose(file);
    free(data);
    return found;
}

/* What was done in place and has been lost since, as by a power cut, is made again; and nothing else is. */
static void test_lost_in_place(void **state) {
    (void)state;
    static const taken way = { { .byte_order = "little" }, 0 };
    static const ash_write_options forms_in_place[] = { { .history = "", .resume = true },
        { .history = "", .resume = true, .format = "classic" }, { .history = "", .resume = true, .format = "npy" } };
    make_input();
    for (int f = 0; f < 3; f++) {
        char path[512], whole[512];
        snprintf(path, sizeof path, "%s", test_path("out.nc"));
        snprintf(whole, sizeof whole, "%s", test_path("whole.nc"));
        assert_int_equal(write_taken(&way, whole, &forms_in_place[f], -1), ASH_OK);
        assert_int_equal(write_taken(&way, path, &forms_in_place[f], ELEMENTS / PART - 3), ASH_ERR_IO);
        assert_int_equal(lose_number(test_path(".out.nc.resume.data"), 21), 1);
        assert_int_equal(lose_number(test_path(".out.nc.resume.data"), 33), 1);
        assert_int_equal(
            write_taken(&way, path, &forms_in_place[f], 4), ASH_ERR_IO); /* three that were left, and two that were lost: one is still */
        assert_int_equal(write_taken(&way, path, &forms_in_place[f], 1), ASH_OK);
        expect_same_files(path, whole);
        unlink(path);
    }
    test_entries(1);
}

/* Variables without chunks, and ones without elements, go along with those that are recorded. */
static void test_scalars_and_empty_ones(void **state) {
    (void)state;
    static const ash_write_options ways[] = { { .resume = true }, { .resume = true, .deflate = 1 }, { .resume = true, .unlimited = "time" },
        { .resume = true, .format = "cdf5" } };
    for (size_t k = 0; k < sizeof ways / sizeof ways[0]; k++) {
        ash_context *ctx = context_with(2, NULL);
        int empty = ways[k].format == NULL, n = empty ? 3 : 2;
        ash_array time = ash_arange(ctx, 0, 6, 1, &(ash_make_options){ .dims = "time" });
        ash_array list[] = { ash_set_coord(time, "time", time), ash_sum(time, NULL),
            ash_zeros(ctx, ASH_INT16, 2, (int64_t[]){ 6, 0 }, &(ash_make_options){ .dims = "time,x" }) };
        for (int first = 0; first < n; first++) { /* alone, and with those behind it */
            for (int count = 1; first + count <= n; count++) {
                if (first == 1 && count == 1 && ways[k].unlimited) {
                    continue;
                }
                list[2] = ash_set_coord(list[2], "time", time);
                assert_done(
                    ctx, ash_write_many(ctx, count, list + first, test_path("out.nc"), (const char *[]){ "a", "b", "c" }, &ways[k]));
                ash_array found = ash_open(ctx, test_path("out.nc"), "a", NULL);
                assert_int_equal(ash_size(found), ash_size(list[first]));
                if (first == 1) {
                    assert_int_equal(integer_of(found), 15);
                }
                assert_int_equal(test_entries(1), 1);
            }
        }
        ash_context_free(ctx);
    }
}

/* What lies there was cut or is gone: the write begins anew, or says so. */
static void test_damaged(void **state) {
    (void)state;
    for (int k = 0; k < FORMS; k += 2) {
        const char *whole = reference(&forms[k]), *names[] = { ".out.nc.resume", ".out.nc.resume.data" };
        for (int which = 0; which < 2; which++) {
            for (int part = 0; part < 4; part++) {
                const char *path = test_path("out.nc");
                stopper stop = { .after = 20000000, .stop = ash_interrupt };
                struct stat about;
                write_with(&forms[k], path, 2, 1 << 28, 0.1, &stop, NULL);
                if (stat(test_path(names[which]), &about) == 0) {
                    if (part == 3) {
                        unlink(test_path(names[which]));
                    } else {
                        assert_int_equal(truncate(test_path(names[which]), about.st_size * part / 3), 0);
                    }
                }
                assert_int_equal(write_with(&forms[k], path, 2, 1 << 28, 0.1, NULL, NULL), ASH_OK);
                expect_same_files(path, whole);
                unlink(path);
            }
        }
    }
    assert_int_equal(test_entries(1), 1);
}

/* ---- Killed ---- */

static void run_and_be_killed(const form *how, int resume, const char *path, int64_t nanoseconds) {
    char which[16];
    snprintf(which, sizeof which, "%d", (int)(how - forms));
    pid_t child = fork();
    if (child == 0) { /* a process of its own from the beginning: OpenMP's threads do not survive a fork */
        execl("/proc/self/exe", "resume_test", which, resume ? "resume" : "at once", path, (char *)NULL);
        _exit(2);
    }
    assert_true(child > 0);
    int how_it_ended, left = 0;
    for (double until = seconds() + (double)nanoseconds * 1e-9; seconds() < until && !left;) {
        nanosleep(&(struct timespec){ .tv_sec = 0, .tv_nsec = 300000 }, NULL);
        left = waitpid(child, &how_it_ended, WNOHANG) == child;
    }
    if (!left) {
        kill(child, SIGKILL);
        assert_int_equal(waitpid(child, &how_it_ended, 0), child);
    }
    assert_true(WIFSIGNALED(how_it_ended) || WEXITSTATUS(how_it_ended) == 0);
}

/* Under the final name there is nothing or the whole file, whenever it happens; then it goes on to the same end. Without `resume` as well, but for what
 * can be gone on with. */
static void test_killed(void **state) {
    (void)state;
    const char *asked = getenv("ASH_TEST_COUNT");
    int rounds = asked ? atoi(asked) : ROUNDS;
    uint64_t random = 1;
    for (int k = 0; k < FORMS; k++) {
        const char *whole = reference(&forms[k]), *path = test_path("out.nc");
        int finished = 0;
        double began = seconds();
        run_and_be_killed(&forms[k], 1, path, 10000000000);
        double whole_run = seconds() - began;
        remove_all(path);
        for (int i = 0; i < rounds; i++) {
            int resume = i % 4 != 3;
            random = random * 6364136223846793005u + 1442695040888963407u;
            run_and_be_killed(&forms[k], resume, path, (int64_t)((double)(random >> 40) * 0x1p-24 * 1.1e9 * whole_run));
            if (access(path, F_OK) == 0) {
                finished++;
                if (resume) {
                    expect_same_files(path, whole);
                }
                remove_all(path);
            } else if (i % 2) {
                assert_int_equal(write_with(&forms[k], path, 1, 1 << 28, 0.1, NULL, NULL), ASH_OK);
                expect_same_files(path, whole);
                remove_all(path);
            }
        }
        print_message("%s: %d runs killed, of which %d had finished\n", forms[k].name, rounds, finished);
    }
}

/* The run that is killed. */
static int run_child(char *argument[]) {
    form how = forms[atoi(argument[0])];
    how.options.resume = strcmp(argument[1], "resume") == 0;
    return write_with(&how, argument[2], 2, 1 << 28, 0.1, NULL, NULL) == ASH_OK ? 0 : 1;
}

int main(int count, char *argument[]) {
    if (count == 4) {
        return run_child(argument + 1);
    }
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_interrupted), cmocka_unit_test(test_other_expression),
        cmocka_unit_test(test_two_runs), cmocka_unit_test(test_other_inputs), cmocka_unit_test(test_lost_in_place),
        cmocka_unit_test(test_stale_journal), cmocka_unit_test(test_scalars_and_empty_ones), cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_killed) };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
