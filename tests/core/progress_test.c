/* Progress: what a callback is told, and the bar on terminals and in logs. */
#include "netcdf_support.h"

#include <fcntl.h>
#include <math.h>
#include <pty.h>

static int make_file(void **state) {
    if (make_test_folder(state) != 0) {
        return -1;
    }
    ash_context *ctx = context_with(1, NULL);
    ash_array t = ash_sin(ash_add(ash_arange(ctx, 0, 320, 1, &(ash_make_options){ .dims = "time" }),
        ash_linspace(ctx, 0, 1, 6000, &(ash_make_options){ .dims = "cell" })));
    assert_done(ctx, ash_write(ash_rechunk(t, "8,500"), test_path("t.nc"), "t", &(ash_write_options){ .deflate = 1 }));
    ash_context_free(ctx);
    return 0;
}

typedef struct seen {
    int calls, wrong;
    ash_progress last;
} seen;

static void watch(const ash_progress *p, void *user) {
    seen *s = user;
    s->calls++;
    s->wrong += !(p->done >= 0 && p->done <= 1) || p->memory_peak < p->memory_now || p->memory_peak < s->last.memory_peak ||
        p->done < s->last.done || p->seconds < s->last.seconds || p->tasks_per_second < 0 || p->bytes_per_second < 0 ||
        p->memory_now > p->memory_limit || isnan(p->seconds_left);
    s->last = *p;
}

static void progress_tells_rates(void **state) {
    (void)state;
    seen s = { 0 };
    ash_context *ctx = ash_context_new(&(ash_context_options){ .num_threads = 2, .progress = watch, .progress_user = &s });
    ash_array t = ash_open(ctx, test_path("t.nc"), "t", NULL);
    real_of(ash_sum(ash_sub(t, ash_mean(t, "time")), NULL));
    assert_true(s.calls > 0 && s.wrong == 0);
    assert_true(s.last.finished && s.last.done == 1 && s.last.seconds_left == 0);
    assert_true(fabs(s.last.bytes_per_second * s.last.seconds - (double)s.last.bytes_read) < 1);
    assert_int_equal(s.last.memory_peak, ash_last_run(ctx).peak_bytes);
    ash_context_free(ctx);
}

static ash_status slow_source(
    void *user, int32_t ndim, const int64_t start[], const int64_t extent[], void *buffer, char *message, int64_t message_bytes) {
    (void)user, (void)ndim, (void)start, (void)message, (void)message_bytes;
    usleep(110000); /* longer than it is from one report to the next */
    memset(buffer, 0, (size_t)extent[0] * sizeof(double));
    return ASH_OK;
}

static ash_status next(const ash_function_call *call, void *user) {
    (void)user;
    *(double *)call->output[0]->data = *(const double *)call->input[0]->data + 1;
    return ASH_OK;
}

/* Much is left to be done when all is read: what was told before stands. */
static void progress_never_falls(void **state) {
    (void)state;
    seen s = { 0 };
    ash_context *ctx = ash_context_new(&(ash_context_options){ .num_threads = 1, .progress = watch, .progress_user = &s });
    assert_done(ctx, ash_register(ctx, &(ash_function_definition){ .name = "next", .function = next }));
    ash_array a =
        ash_sum(ash_from_source(ctx, ASH_FLOAT64, 1, (int64_t[]){ 40 }, slow_source, NULL, &(ash_source_options){ .chunks = "10" }), NULL);
    for (int k = 0; k < 20; k++) {
        a = ash_delayed(ctx, "next", 1, &a, ASH_FLOAT64, 0, NULL, NULL);
    }
    assert_true(real_of(a) == 20);
    assert_true(s.calls > 3 && s.wrong == 0 && s.last.done == 1);
    ash_context_free(ctx);
}

/* What the bar prints to a descriptor in place of standard error. */
static void print_bar(const ash_progress *p, int descriptor) {
    fflush(stderr);
    int before = dup(STDERR_FILENO);
    dup2(descriptor, STDERR_FILENO);
    ash_progress_bar(p, NULL);
    dup2(before, STDERR_FILENO);
    close(before);
}

static const ash_progress halfway = { .tasks_done = 500,
    .tasks_total = 1000,
    .bytes_read = 1 << 20,
    .bytes_read_total = 2 << 20,
    .memory_now = 1 << 20,
    .memory_peak = 3 << 20,
    .memory_limit = 1 << 30,
    .seconds = 61,
    .done = 0.5,
    .seconds_left = 61,
    .bytes_per_second = 1 << 20,
    .tasks_per_second = 8 };

static void the_bar_fits_the_terminal(void **state) {
    (void)state;
    for (int columns = 1; columns <= 300; columns += columns < 100 ? 1 : 50) {
        int ours, theirs;
        char text[1024] = "", number[16];
        ash_progress unknown = { .tasks_done = 7, .seconds = 5, .done = -1, .seconds_left = -1 };
        if (openpty(&ours, &theirs, NULL, NULL, NULL) != 0) {
            skip();
        }
        snprintf(number, sizeof number, "%d", columns);
        setenv("COLUMNS", number, 1);
        for (int k = 0; k < 2; k++) {
            print_bar(k ? &unknown : &halfway, theirs);
            ssize_t n = read(ours, text, sizeof text - 1);
            assert_true(n > 0);
            text[n] = 0;
            char *end = strstr(text, "\033[K");
            assert_true(text[0] == '\r' && end && end - text - 1 < (columns > 1 ? columns : 2));
            if (columns >= 80) {
                assert_non_null(strstr(text, k ? "7 tasks, 0:05" : " 50%, 500/1000 tasks, 1:01 left, 1 MiB/s"));
            }
        }
        close(ours);
        close(theirs);
    }
    unsetenv("COLUMNS");
}

static void the_bar_is_rare_in_logs(void **state) {
    (void)state;
    int log = open(test_path("log"), O_RDWR | O_CREAT | O_TRUNC, 0600);
    ash_progress p = halfway;
    for (int k = 0; k < 600; k++) { /* a minute */
        p.seconds = 0.1 * k;
        p.finished = k == 599;
        print_bar(&p, log);
    }
    char text[4096] = "";
    ssize_t length = pread(log, text, sizeof text - 1, 0);
    close(log);
    assert_true(length > 0 && length < (ssize_t)sizeof text - 1);
    int lines = 0;
    for (const char *c = text; *c; c++) {
        lines += *c == '\n';
    }
    assert_int_equal(lines, 6);
    assert_null(strchr(text, '\r'));
    assert_null(strchr(text, '\033'));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(progress_tells_rates),
        cmocka_unit_test(progress_never_falls),
        cmocka_unit_test(the_bar_fits_the_terminal),
        cmocka_unit_test(the_bar_is_rare_in_logs),
    };
    return cmocka_run_group_tests_name("progress", tests, make_file, remove_test_folder);
}
