/* Seeing: explaining before and after a run, graphs, traces, reports, progress. JSON is parsed with json-c where that is there. */
#include "netcdf_support.h"

#include <fcntl.h>
#include <math.h>
#include <pty.h>
#ifdef ASH_TEST_JSON
#include <json-c/json.h>
#endif

enum { DAYS = 320, CELLS = 6000 };

/* Quotes, backslashes, markup, a control character, and bytes that are no UTF-8. */
static const char hostile[] = "a\"b\\c</script><b>&amp;'\x1b[31m\xff\xc3\xa4";

static int make_file(void **state) {
    if (make_test_folder(state) != 0) {
        return -1;
    }
    unsetenv("ASH_TRACE");
    unsetenv("ASH_REPORT");
    ash_context *ctx = context_with(1, NULL);
    ash_array t = ash_sin(ash_add(ash_arange(ctx, 0, DAYS, 1, &(ash_make_options){ .dims = "time" }),
        ash_linspace(ctx, 0, 1, CELLS, &(ash_make_options){ .dims = "cell" })));
    assert_done(ctx, ash_write(ash_rechunk(t, "8,500"), test_path("t.nc"), "t", &(ash_write_options){ .deflate = 1 }));
    ash_context_free(ctx);
    return 0;
}

static ash_array temperature(ash_context *ctx) {
    return ash_open(ctx, test_path("t.nc"), "t", NULL);
}

static ash_array anomaly(ash_context *ctx) {
    ash_array t = temperature(ctx);
    return ash_sub(t, ash_mean(t, "time"));
}

static ash_status zeros(
    void *user, int32_t ndim, const int64_t start[], const int64_t extent[], void *buffer, char *message, int64_t message_bytes) {
    int64_t n = 1;
    (void)user, (void)start, (void)message, (void)message_bytes;
    for (int a = 0; a < ndim; a++) {
        n *= extent[a];
    }
    memset(buffer, 0, (size_t)n * 8);
    return ASH_OK;
}

static ash_array hostile_source(ash_context *ctx) {
    return ash_from_source(ctx, ASH_FLOAT64, 1, (int64_t[]){ 100 }, zeros, NULL, &(ash_source_options){ .name = hostile, .chunks = "10" });
}

/* A whole text file, freed by the caller. */
static char *contents(const char *path) {
    FILE *file = fopen(path, "rb");
    char *text = calloc(1, 16 << 20);
    if (!file || !text) {
        fail_msg("%s is not there", path);
    }
    size_t n = fread(text, 1, (16 << 20) - 1, file);
    fclose(file);
    text[n] = 0;
    assert_int_equal(strlen(text), n);
    return text;
}

/* ---- JSON ---- */

#ifdef ASH_TEST_JSON

static json_object *parse(const char *text) {
    json_tokener *tokener = json_tokener_new();
    assert_non_null(text);
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    json_object *object = json_tokener_parse_ex(tokener, text, (int)strlen(text) + 1);
    if (!object) {
        fail_msg("%s at %d of:\n%.300s", json_tokener_error_desc(json_tokener_get_error(tokener)), (int)json_tokener_get_parse_end(tokener),
            text);
    }
    json_tokener_free(tokener);
    return object;
}

static json_object *get(json_object *object, const char *key) {
    json_object *value = NULL;
    if (!json_object_object_get_ex(object, key, &value)) {
        fail_msg("no '%s'", key);
    }
    return value;
}

static int64_t number(json_object *object, const char *key) {
    return json_object_get_int64(get(object, key));
}

static void explained_as_json(void **state) {
    (void)state;
    ash_context *ctx = context_with(2, NULL);
    ash_array a = anomaly(ctx);
    json_object *plan = parse(ash_explain_json(ctx, 1, &a, NULL)), *predicted = get(plan, "predicted");
    ash_plan_info info = { 0 };
    assert_done(ctx, ash_plan_query(ctx, 1, &a, NULL, &info));
    assert_null(get(plan, "measured"));
    assert_int_equal(number(predicted, "bytes_read"), 2 * DAYS * CELLS * 8);
    assert_int_equal(number(predicted, "bytes_needed"), DAYS * CELLS * 8);
    assert_int_equal(number(predicted, "peak_bytes"), info.peak_bytes);
    assert_int_equal(number(predicted, "bytes_moved"), info.bytes_moved);
    assert_int_equal(number(predicted, "tasks"), info.tasks);
    assert_int_equal(number(predicted, "bytes_spilled"), 0);
    assert_true(info.largest_task > 0 && info.bytes_decoded >= info.decoded_needed && info.decoded_needed == DAYS * CELLS * 8);
    json_object *read = json_object_array_get_idx(get(plan, "reads"), 0);
    assert_int_equal(json_object_array_length(get(plan, "reads")), 1);
    assert_int_equal(number(read, "passes"), 2);
    assert_string_equal(json_object_get_string(get(read, "variable")), "t");
    json_object *groups = get(plan, "groups"), *second = json_object_array_get_idx(groups, 1);
    assert_int_equal(json_object_array_length(groups), info.groups);
    assert_string_equal(json_object_get_string(get(second, "apart")), "depends");
    assert_int_equal(number(second, "apart_from"), 0);
    int64_t tasks = 0;
    for (size_t g = 0; g < json_object_array_length(groups); g++) {
        tasks += number(json_object_array_get_idx(groups, g), "tasks");
    }
    assert_true(tasks > 0 && tasks <= info.tasks); /* merges are no group's */
    json_object *made = json_object_array_get_idx(get(json_object_array_get_idx(groups, 0), "makes"), 0);
    assert_string_equal(json_object_get_string(get(made, "held")), "reduction");
    json_object_put(plan);
    ash_context_free(ctx);
}

/* Sums over the events of a trace. */
typedef struct traced {
    int64_t tasks, read, moved, written, reads, memory;
    int64_t spilled, loaded;
} traced;

static int by_begin(const void *a, const void *b) {
    const double *x = a, *y = b;
    return (x[0] > y[0]) - (x[0] < y[0]);
}

/* Parses a trace; tasks of a thread must not overlap. */
static int64_t larger(int64_t a, int64_t b) {
    return a > b ? a : b;
}

static traced sum_trace(const char *path) {
    traced t = { 0 };
    char *text = contents(path);
    json_object *trace = parse(text), *events = get(trace, "traceEvents");
    size_t n = json_object_array_length(events);
    double(*spans)[2] = malloc((n + 1) * sizeof *spans);
    for (int thread = 0; thread < 8; thread++) {
        size_t ntasks = 0;
        for (size_t k = 0; k < n; k++) {
            json_object *event = json_object_array_get_idx(events, k);
            const char *ph = json_object_get_string(get(event, "ph"));
            if (strcmp(ph, "C") == 0) {
                t.memory += thread == 0 && strcmp(json_object_get_string(get(event, "name")), "memory") == 0;
                if (strcmp(json_object_get_string(get(event, "name")), "spill") == 0) {
                    t.spilled = larger(t.spilled, number(get(event, "args"), "written"));
                    t.loaded = larger(t.loaded, number(get(event, "args"), "read"));
                }
                continue;
            }
            if (strcmp(ph, "X") != 0 || number(event, "tid") != thread) {
                continue;
            }
            json_object *args = get(event, "args");
            double began = json_object_get_double(get(event, "ts")), took = json_object_get_double(get(event, "dur"));
            assert_true(began >= 0 && took >= 0);
            if (strcmp(json_object_get_string(get(event, "cat")), "io") == 0) {
                t.reads += strcmp(json_object_get_string(get(event, "name")), "read") == 0 ? number(args, "bytes") : 0;
                continue;
            }
            spans[ntasks][0] = began;
            spans[ntasks++][1] = began + took;
            t.tasks++;
            t.read += number(args, "read");
            t.written += number(args, "written");
            t.moved += number(args, "in") + number(args, "out");
            assert_true(json_object_is_type(get(args, "chunk"), json_type_array));
        }
        qsort(spans, ntasks, sizeof *spans, by_begin);
        for (size_t k = 1; k < ntasks; k++) {
            assert_true(spans[k][0] >= spans[k - 1][1] - 0.01);
        }
    }
    free(spans);
    json_object_put(trace);
    free(text);
    return t;
}

static void traces_add_up(void **state) {
    (void)state;
    static const char *const executors[] = { "serial", "openmp" };
    for (int e = 0; e < 2; e++) {
        ash_context *ctx = context_with(2, executors[e]);
        ash_array a = anomaly(ctx);
        double *values = malloc(DAYS * CELLS * 8), *plain = values_of(a);
        const ash_compute_options options = { .trace = test_path("trace.json") };
        assert_done(ctx, ash_compute(a, values, DAYS * CELLS * 8, &options));
        assert_memory_equal(values, plain, DAYS * CELLS * 8);
        ash_plan_info run = ash_last_run(ctx);
        traced t = sum_trace(test_path("trace.json"));
        assert_int_equal(t.tasks, run.tasks);
        assert_int_equal(t.read, run.bytes_read);
        assert_int_equal(t.reads, run.bytes_read);
        assert_int_equal(t.moved, run.bytes_moved);
        assert_true(t.memory > 0);
        ash_plan_info plan = { 0 };
        assert_done(ctx, ash_plan_query(ctx, 1, &a, &options, &plan));
        assert_int_equal(plan.bytes_moved, run.bytes_moved);
        json_object *last = parse(ash_explain_last_json(ctx)), *measured = get(last, "measured");
        assert_int_equal(number(measured, "bytes_read"), run.bytes_read);
        assert_int_equal(number(measured, "bytes_decoded"), run.bytes_decoded);
        assert_int_equal(number(measured, "peak_bytes"), run.peak_bytes);
        assert_int_equal(number(json_object_array_get_idx(get(last, "reads"), 0), "measured"), run.bytes_read);
        json_object_put(last);
        assert_done(ctx, ash_write(a, test_path("anomaly.nc"), "a", &(ash_write_options){ .compute = &options }));
        t = sum_trace(test_path("trace.json"));
        assert_int_equal(t.tasks, ash_last_run(ctx).tasks);
        assert_int_equal(t.written, DAYS * CELLS * 8);
        free(values);
        free(plain);
        ash_context_free(ctx);
    }
}

static void traces_tell_of_scratch(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, "serial");
    int64_t shape[] = { 400, 500 };
    ash_array sums = ash_cumsum(ash_ones(ctx, ASH_FLOAT64, 2, shape, &(ash_make_options){ .chunks = "20, -1" }), "1");
    ash_array a = ash_rechunk(ash_transpose(sums, NULL), "50, 50");
    double *values = malloc(sizeof *values * 400 * 500);
    ash_plan_info plan = { .size = sizeof plan };
    assert_done(ctx, ash_plan_query(ctx, 1, &a, NULL, &plan));
    const ash_compute_options options = { .trace = test_path("spill.json"), .memory_limit = plan.least_limit + (2 << 20) - (1 << 19) };
    assert_done(ctx, ash_compute(a, values, sizeof *values * 400 * 500, &options));
    ash_plan_info run = ash_last_run(ctx);
    traced t = sum_trace(test_path("spill.json"));
    assert_true(run.bytes_spilled > 0 && run.bytes_loaded > 0);
    assert_int_equal(t.tasks, run.tasks);
    assert_int_equal(t.spilled, run.bytes_spilled);
    assert_int_equal(t.loaded, run.bytes_loaded);
    assert_int_equal(t.moved, run.bytes_moved);
    free(values);
    ash_context_free(ctx);
}

/* Many more events than a thread has room for. */
static void long_traces_are_whole(void **state) {
    (void)state;
    ash_context *ctx = context_with(2, NULL);
    ash_array sum = ash_sum(ash_add(ash_rechunk(ash_arange(ctx, 0, 20000, 1, NULL), "5"), ash_int(ctx, 1)), NULL);
    double value = 0;
    assert_done(ctx, ash_compute(ash_cast(sum, ASH_FLOAT64), &value, 8, &(ash_compute_options){ .trace = test_path("long.json") }));
    traced t = sum_trace(test_path("long.json"));
    assert_int_equal(t.tasks, ash_last_run(ctx).tasks);
    assert_true(t.tasks > 4000);
    ash_context_free(ctx);
}

static void cancel(const ash_progress *progress, void *user) {
    ash_cancel(*(ash_context **)user);
    (void)progress;
}

static void stopped_runs_leave_whole_files(void **state) {
    (void)state;
    ash_context *ctx = NULL;
    ctx = ash_context_new(&(ash_context_options){ .num_threads = 2, .memory_limit = 1 << 28, .progress = cancel, .progress_user = &ctx });
    ash_array row = ash_sin(ash_arange(ctx, 0, 1000000, 1, &(ash_make_options){ .dims = "x" }));
    ash_array endless =
        ash_sum(ash_mul(row, ash_rechunk(ash_arange(ctx, 0, 1000000, 1, &(ash_make_options){ .dims = "y" }), "1000")), NULL);
    double value;
    const ash_compute_options options = { .trace = test_path("stopped.json"), .report = test_path("stopped.html") };
    assert_int_equal(ash_compute(endless, &value, 8, &options), ASH_ERR_CANCELLED);
    traced t = sum_trace(test_path("stopped.json"));
    assert_true(t.tasks < ash_last_run(ctx).tasks);
    char *report = contents(test_path("stopped.html"));
    assert_non_null(strstr(report, "cancelled"));
    assert_non_null(strstr(report, "</html>"));
    free(report);
    assert_non_null(strstr(ash_explain_last(ctx), "measured"));
    ash_context_free(ctx);
}

static void hostile_names_in_json(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    ash_array sum = ash_sum(hostile_source(ctx), NULL);
    json_object *plan = parse(ash_explain_json(ctx, 1, &sum, NULL));
    const char *name = json_object_get_string(get(json_object_array_get_idx(get(plan, "reads"), 0), "variable"));
    assert_string_equal(name, "a\"b\\c</script><b>&amp;'\x1b[31m\xc3\xbf\xc3\xa4"); /* a stray byte is Latin-1 */
    json_object_put(plan);
    ash_context_free(ctx);
}

#endif

/* ---- Reasons ---- */

static ash_array field(ash_context *ctx, const char *chunks) {
    static double values[64][64];
    return ash_from_buffer(ctx, ASH_FLOAT64, 2, (int64_t[]){ 64, 64 }, values, &(ash_make_options){ .dims = "y,x", .chunks = chunks });
}

static void expect_reason(ash_context *ctx, ash_array a, const char *words) {
    assert_good(a);
    const char *text = ash_explain(ctx, 1, &a, NULL);
    if (!text || !strstr(text, words)) {
        fail_msg("no '%s' in:\n%s", words, text ? text : ash_error(ctx));
    }
}

static void reasons_are_told(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    ash_array a = field(ctx, "16,16"), heavy = a;
    for (int k = 0; k < 100; k++) {
        heavy = ash_sin(heavy);
    }
    expect_reason(ctx, ash_mean(a, "y"), "held: reduction");
    expect_reason(ctx, heavy, "held: weight");
    expect_reason(ctx, ash_matmul(ash_sin(a), a), "held: used by blocks");
    expect_reason(ctx, ash_add(ash_matmul(a, a), a), "held: made by blocks");
    expect_reason(ctx, ash_cumsum(ash_sin(a), "x"), "held: scan");
    expect_reason(ctx, ash_mul(a, ash_cos(ash_index(a, ":, 0"))), "held: small, and repeated");
    expect_reason(ctx, ash_mean(ash_rechunk(temperature(ctx), "7,700"), "time"), "held: new grid");
    expect_reason(ctx, ash_sub(a, ash_mean(a, "y")), "apart    depends on group 0");
    expect_reason(ctx, ash_add(ash_mean(a, NULL), ash_mean(ash_rechunk(a, "32,32"), NULL)), "apart    has another grid than group 0");
    ash_array b = field(ctx, "16,16");
    expect_reason(ctx, ash_add(ash_mean(a, NULL), ash_mean(b, NULL)), "apart    reads nothing that is read by group 0");
    expect_reason(ctx, ash_add(ash_sum(a, "x"), ash_argmin(ash_index(ash_sin(a), "::1"), "y")), "group 1");
    ash_context_free(ctx);
}

static void large_chunks_are_told(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    ash_array a = ash_ones(ctx, ASH_FLOAT64, 2, (int64_t[]){ 8192, 8192 }, &(ash_make_options){ .chunks = "1024,1024" });
    expect_reason(
        ctx, ash_sum(ash_matmul(ash_rechunk(a, "8192,2048"), ash_rechunk(a, "2048,8192")), NULL), "more than the 64 MiB of a task");
    ash_array small = ash_sum(ash_matmul(a, a), NULL);
    assert_null(strstr(ash_explain(ctx, 1, &small, NULL), "more than the 64 MiB"));
    ash_context_free(ctx);
}

/* What several groups need of a variable counts once. */
static void needed_bytes(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    ash_array t = temperature(ctx);
    const ash_array arrays[] = { ash_mean(t, "time"), ash_index(t, "0:8"), ash_index(t, "4:16, 100:200"), ash_index(t, "::2"),
        ash_concatenate(2, (ash_array[]){ ash_index(t, "0:8"), ash_index(t, "8:24") }, "time") };
    const int64_t rows[] = { DAYS, 8, 0, DAYS / 2, 24 };
    for (int k = 0; k < 5; k++) {
        ash_plan_info info = { 0 };
        assert_done(ctx, ash_plan_query(ctx, 1, &arrays[k], NULL, &info));
        assert_int_equal(info.bytes_needed, k == 2 ? 12 * 100 * 8 : rows[k] * CELLS * 8);
        assert_true(info.bytes_needed <= info.bytes_read);
    }
    const ash_array two[] = { ash_index(t, "0:16, 0:1000"), ash_index(t, "8:24, 500:1500") };
    ash_plan_info info = { 0 };
    assert_done(ctx, ash_plan_query(ctx, 2, two, NULL, &info));
    assert_int_equal(info.bytes_needed, (2 * 16 * 1000 - 8 * 500) * 8);
    ash_context_free(ctx);
}

static void the_last_run_is_explained(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    assert_null(ash_explain_last(ctx));
    assert_sentence(ctx, ASH_ERR_NOT_FOUND, "no run");
    ash_scope_begin(ctx);
    free(values_of(anomaly(ctx)));
    assert_done(ctx, ash_scope_end(ctx, NULL, 0)); /* its nodes are gone */
    const char *text = ash_explain_last(ctx);
    assert_non_null(strstr(text, "predicted       measured"));
    assert_non_null(strstr(text, "2.00 times what is needed"));
    assert_non_null(strstr(text, "2 passes"));
    ash_context_free(ctx);
}

/* ---- Files that cannot be written ---- */

static void files_that_cannot_be_written(void **state) {
    (void)state;
    ash_context *ctx = context_with(2, NULL);
    ash_array a = anomaly(ctx);
    double *values = calloc(DAYS * CELLS, 8), *plain = values_of(a);
    for (int report = 0; report < 2; report++) {
        ash_compute_options nowhere = { .trace = report ? NULL : "/nonexistent/x", .report = report ? "/nonexistent/x" : NULL };
        assert_int_equal(ash_compute(a, values, DAYS * CELLS * 8, &nowhere), ASH_ERR_IO);
        assert_sentence(ctx, ASH_ERR_IO, "'/nonexistent/x' cannot be written: No such file");
        assert_true(values[1] == 0);
        if (access("/dev/full", W_OK) == 0) {
            ash_error_clear(ctx);
            ash_compute_options full = { .trace = report ? NULL : "/dev/full", .report = report ? "/dev/full" : NULL };
            assert_done(ctx, ash_compute(a, values, DAYS * CELLS * 8, &full));
            assert_memory_equal(values, plain, DAYS * CELLS * 8);
            assert_sentence(ctx, ASH_ERR_IO, "No space left");
            assert_done(ctx, ash_write(a, test_path("full.nc"), "a", &(ash_write_options){ .compute = &full }));
            assert_sentence(ctx, ASH_ERR_IO, "No space left");
            assert_int_equal(ash_graph(ctx, 1, &a, "/dev/full", NULL), ASH_ERR_IO);
        }
        memset(values, 0, DAYS * CELLS * 8);
    }
    free(values);
    free(plain);
    ash_context_free(ctx);
}

static void runs_are_numbered(void **state) {
    (void)state;
    setenv("ASH_TRACE", test_path("env.json"), 1);
    ash_context *ctx = ash_context_new(&(ash_context_options){ .num_threads = 1, .report = test_path("env") });
    unsetenv("ASH_TRACE");
    assert_string_equal(ash_context_get_options(ctx).trace, test_path("env.json"));
    for (int k = 0; k < 2; k++) {
        assert_true(real_of(ash_sum(ash_ones(ctx, ASH_FLOAT64, 1, (int64_t[]){ 10 }, NULL), NULL)) == 10);
    }
    assert_int_equal(access(test_path("env.json"), R_OK), 0);
    assert_int_equal(access(test_path("env-2.json"), R_OK), 0);
    assert_int_equal(access(test_path("env-3.json"), R_OK), -1);
    assert_int_equal(access(test_path("env"), R_OK), 0);
    assert_int_equal(access(test_path("env-2"), R_OK), 0);
    double value; /* an empty path: not this one */
    assert_done(
        ctx, ash_compute(ash_ones(ctx, ASH_FLOAT64, 0, NULL, NULL), &value, 8, &(ash_compute_options){ .trace = "", .report = "" }));
    assert_int_equal(access(test_path("env-3.json"), R_OK), -1);
    ash_context_free(ctx);
}

/* ---- Reports ---- */

/* Whether tags are closed in their order, all text is escaped, and nothing is fetched from elsewhere. */
static void must_be_whole_page(const char *page) {
    char open[64][16];
    int depth = 0;
    const char *at = strstr(page, "<html");
    assert_non_null(at);
    while ((at = strchr(at, '<'))) {
        const char *end = strchr(at, '>');
        assert_non_null(end);
        char name[16] = "";
        sscanf(at[1] == '/' ? at + 2 : at + 1, "%15[a-z0-9]", name);
        assert_true(strlen(name) > 0);
        if (at[1] == '/') {
            if (depth == 0 || strcmp(open[--depth], name) != 0) {
                fail_msg("</%s> closes nothing", name);
            }
        } else if (end[-1] != '/') {
            assert_true(depth < 64);
            strcpy(open[depth++], name);
        }
        assert_string_not_equal(name, "script");
        at = end;
    }
    assert_int_equal(depth, 0);
    assert_null(strstr(page, "src="));
    assert_null(strstr(page, "href="));
    for (const char *c = page; *c; c++) {
        assert_true(*c == '\n' || (unsigned char)*c >= 0x20);
    }
}

static void reports_are_whole_pages(void **state) {
    (void)state;
    for (int threads = 1; threads <= 2; threads++) {
        ash_context *ctx = context_with(threads, NULL);
        ash_array sources[] = { ash_mean(hostile_source(ctx), NULL), anomaly(ctx) };
        for (int k = 0; k < 2; k++) {
            int64_t bytes = ash_size(sources[k]) * 8;
            void *values = malloc((size_t)bytes);
            assert_done(ctx, ash_compute(sources[k], values, bytes, &(ash_compute_options){ .report = test_path("run.html") }));
            char *page = contents(test_path("run.html"));
            must_be_whole_page(page);
            assert_non_null(strstr(page, k == 0 ? "a&quot;b\\c&lt;/script&gt;" : "sub</td>"));
            assert_non_null(strstr(page, threads == 2 ? "thread 1" : "thread 0"));
            assert_non_null(strstr(page, "peak memory"));
            free(page);
            free(values);
        }
        ash_context_free(ctx);
    }
}

/* ---- Graphs ---- */

static int occurrences(const char *text, const char *words) {
    int n = 0;
    while ((text = strstr(text, words))) {
        n++;
        text++;
    }
    return n;
}

static void graphs_hold_all(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    ash_array a = ash_sub(field(ctx, "32,32"), ash_mean(field(ctx, "32,32"), "y"));
    ash_plan_info info = { 0 };
    assert_done(ctx, ash_plan_query(ctx, 1, &a, NULL, &info));
    const char *text = ash_graph_text(ctx, 1, &a, NULL);
    assert_non_null(text);
    assert_int_equal(occurrences(text, "subgraph cluster_g"), info.groups);
    assert_int_equal(occurrences(text, "\n  t") - occurrences(text, "-> t"), info.tasks);
    assert_int_equal(occurrences(text, "cylinder"), 2);
    assert_int_equal(occurrences(text, "{"), occurrences(text, "}"));
    text = ash_graph_text(ctx, 1, &a, &(ash_graph_options){ .tasks = -1 });
    assert_int_equal(occurrences(text, "\n  t"), 0);
    ash_array named = ash_sum(hostile_source(ctx), NULL);
    text = ash_graph_text(ctx, 1, &named, NULL);
    assert_non_null(strstr(text, "a\\\"b\\\\c</script><b>&amp;amp;'\\\\x1b[31m\xc3\xbf\xc3\xa4"));
    assert_int_equal(ash_graph(ctx, 1, &named, NULL, NULL), ASH_ERR_ARGUMENT);
    ash_context_free(ctx);
}

static void graphs_are_drawn(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    ash_array arrays[] = { ash_mean(hostile_source(ctx), NULL),
        ash_add(ash_matmul(field(ctx, "32,32"), field(ctx, "32,32")), ash_int(ctx, 1)), anomaly(ctx) };
    ash_array wrong = ash_mean(anomaly(ctx), "nothing");
    assert_int_equal(ash_graph(ctx, 1, &wrong, test_path("plan.dot"), NULL), ASH_ERR_DIMENSION);
    assert_done(ctx, ash_graph(ctx, 3, arrays, test_path("plan.dot"), NULL));
    char *text = contents(test_path("plan.dot"));
    assert_string_equal(text, ash_graph_text(ctx, 3, arrays, NULL));
    free(text);
    if (system("dot -V >/dev/null 2>&1") == 0) {
        for (int k = 0; k < 3; k++) {
            assert_done(ctx, ash_graph(ctx, 1, &arrays[k], test_path("plan.svg"), NULL));
            text = contents(test_path("plan.svg"));
            assert_non_null(strstr(text, "</svg>"));
            free(text);
            remove(test_path("plan.svg"));
        }
    }
    char *path = strdup(getenv("PATH"));
    setenv("PATH", "/nonexistent", 1);
    int entries = test_entries(0);
    assert_int_equal(ash_graph(ctx, 1, arrays, test_path("plan.svg"), NULL), ASH_ERR_UNSUPPORTED);
    assert_sentence(ctx, ASH_ERR_UNSUPPORTED, "dot, which is not installed");
    assert_int_equal(test_entries(0), entries);
    setenv("PATH", path, 1);
    free(path);
    ash_context_free(ctx);
}

/* ---- Progress ---- */

typedef struct seen {
    int calls, wrong;
    ash_progress last;
} seen;

static void watch(const ash_progress *p, void *user) {
    seen *s = user;
    s->calls++;
    s->wrong += !(p->done >= 0 && p->done <= 1) || p->memory_peak < p->memory_now || p->memory_peak < s->last.memory_peak ||
        p->tasks_per_second < 0 || p->bytes_per_second < 0 || p->memory_now > p->memory_limit || isnan(p->seconds_left);
    s->last = *p;
}

static void progress_tells_rates(void **state) {
    (void)state;
    seen s = { 0 };
    ash_context *ctx = ash_context_new(&(ash_context_options){ .num_threads = 2, .progress = watch, .progress_user = &s });
    real_of(ash_sum(anomaly(ctx), NULL));
    assert_true(s.calls > 0 && s.wrong == 0);
    assert_true(s.last.finished && s.last.done == 1 && s.last.seconds_left == 0);
    assert_true(fabs(s.last.bytes_per_second * s.last.seconds - (double)s.last.bytes_read) < 1);
    assert_int_equal(s.last.memory_peak, ash_last_run(ctx).peak_bytes);
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
    close(log);
    char *text = contents(test_path("log"));
    assert_int_equal(occurrences(text, "\n"), 6);
    assert_null(strchr(text, '\r'));
    assert_null(strchr(text, '\033'));
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#ifdef ASH_TEST_JSON
        cmocka_unit_test(explained_as_json),
        cmocka_unit_test(traces_add_up),
        cmocka_unit_test(traces_tell_of_scratch),
        cmocka_unit_test(long_traces_are_whole),
        cmocka_unit_test(stopped_runs_leave_whole_files),
        cmocka_unit_test(hostile_names_in_json),
#endif
        cmocka_unit_test(reasons_are_told),
        cmocka_unit_test(large_chunks_are_told),
        cmocka_unit_test(needed_bytes),
        cmocka_unit_test(the_last_run_is_explained),
        cmocka_unit_test(files_that_cannot_be_written),
        cmocka_unit_test(runs_are_numbered),
        cmocka_unit_test(reports_are_whole_pages),
        cmocka_unit_test(graphs_hold_all),
        cmocka_unit_test(graphs_are_drawn),
        cmocka_unit_test(progress_tells_rates),
        cmocka_unit_test(the_bar_fits_the_terminal),
        cmocka_unit_test(the_bar_is_rare_in_logs),
    };
    return cmocka_run_group_tests_name("seeing", tests, make_file, remove_test_folder);
}
