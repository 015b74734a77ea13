/* Seeing: explaining before and after a run, and graphs. */
#include "seeing_support.h"

#include <math.h>

/* ---- JSON ---- */

#ifdef ASH_TEST_JSON

static void explained_as_json(void **state) {
    (void)state;
    ash_context *ctx = context_with(2, NULL);
    ash_array a = anomaly(ctx);
    setenv("ASH_PASSES", "-keep", 1); /* two passes */
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
    unsetenv("ASH_PASSES"); /* one, where there is room */
    plan = parse(ash_explain_json(ctx, 1, &a, NULL));
    assert_int_equal(number(get(plan, "predicted"), "bytes_read"), DAYS * CELLS * 8);
    made = json_object_array_get_idx(get(json_object_array_get_idx(get(plan, "groups"), 0), "makes"), 0);
    assert_string_equal(json_object_get_string(get(made, "held")), "kept_read");
    json_object_put(plan);
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
    static double others[64][64];
    ash_array b =
        ash_from_buffer(ctx, ASH_FLOAT64, 2, (int64_t[]){ 64, 64 }, others, &(ash_make_options){ .dims = "y,x", .chunks = "16,16" });
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
    setenv("ASH_PASSES", "-keep", 1);
    free(values_of(anomaly(ctx)));
    unsetenv("ASH_PASSES");
    assert_done(ctx, ash_scope_end(ctx, NULL, 0)); /* its nodes are gone */
    const char *text = ash_explain_last(ctx);
    assert_non_null(strstr(text, "predicted       measured"));
    assert_non_null(strstr(text, "2.00 times what is needed"));
    assert_non_null(strstr(text, "2 passes"));
    ash_context_free(ctx);
}

/* ---- Writes ---- */

/* What is explained of a write is what it does, in every format: the writer's memory, chunk by chunk. */
static void writes_are_explained(void **state) {
    (void)state;
    static const ash_write_options kinds[] = { { .format = "netcdf4" }, { .format = "netcdf4", .deflate = 1 },
        { .format = "netcdf4", .deflate = 4, .shuffle = true, .chunks = "time=13,cell=700" },
        { .format = "netcdf4", .zstd = 3, .fletcher32 = true }, { .format = "netcdf4", .unlimited = "time" },
        { .format = "netcdf4", .resume = true }, { .format = "netcdf4", .deflate = 1, .resume = true }, { .format = "classic" },
        { .format = "64bit_offset", .unlimited = "time" }, { .format = "cdf5", .resume = true }, { .format = "zarr" },
        { .format = "zarr", .deflate = 1, .chunks = "time=40" }, { .format = "zarr_zip", .shuffle = true, .deflate = 1 },
        { .format = "zarr_zip", .resume = true }, { .format = "npy" }, { .format = "raw", .resume = true },
        { .format = "netcdf4", .encoding = "a: dtype=int16; scale_factor=0.01; add_offset=0", .deflate = 1 } };
    const char *const names[] = { "a", "b" };
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        for (int threads = 1; threads <= 2; threads++) {
            ash_context *ctx = context_with(threads, NULL);
            ash_write_options options = kinds[k];
            ash_compute_options compute = { 0 };
            options.compute = &compute;
            ash_array out[] = { anomaly(ctx), ash_mean(temperature(ctx), "cell") };
            int bare = strcmp(options.format, "npy") == 0 || strcmp(options.format, "raw") == 0;
            ash_plan_info plan = { 0 };
            for (int tight = 0; tight < 2; tight++) {
                assert_done(ctx, ash_write_query(ctx, bare ? 1 : 2, out, test_path("kinds"), names, &options, &plan));
                assert_int_equal(access(test_path("kinds"), F_OK), -1);
                assert_done(ctx, ash_write_many(ctx, bare ? 1 : 2, out, test_path("kinds"), names, &options));
                ash_plan_info run = ash_last_run(ctx);
                if (run.reserve_bytes != plan.reserve_bytes || run.peak_bytes > plan.peak_bytes || run.tasks != plan.tasks ||
                    run.bytes_read != plan.bytes_read || run.bytes_written != plan.bytes_written) {
                    fail_msg("%s, row %d, %d threads: reserve %lld of %lld, peak %lld of %lld, tasks %lld of %lld", options.format, (int)k,
                        threads, (long long)run.reserve_bytes, (long long)plan.reserve_bytes, (long long)run.peak_bytes,
                        (long long)plan.peak_bytes, (long long)run.tasks, (long long)plan.tasks);
                }
                compute.memory_limit = plan.sequential_peak;
                remove_all(test_path("kinds"));
            }
            ash_context_free(ctx);
        }
    }
}

static void what_explains_writes_refuses_what_they_refuse(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    ash_array t = temperature(ctx);
    const char *name = "t";
    ash_plan_info plan = { 0 }, alone = { 0 };
    ash_write_options deflated = { .deflate = 1 }, wrong = { .format = "netcdf5" };
    assert_done(ctx, ash_plan_query(ctx, 1, &t, NULL, &alone));
    assert_done(ctx, ash_write_query(ctx, 1, &t, test_path("none.nc"), &name, &deflated, &plan));
    assert_true(plan.reserve_bytes > alone.reserve_bytes + (4 << 20)); /* what HDF5 takes */
    const char *text = ash_explain_write(ctx, 1, &t, test_path("none.nc"), &name, &deflated);
    assert_non_null(strstr(text, "write    t float64 (time 320 in "));
    assert_non_null(strstr(ash_explain_write_json(ctx, 1, &t, test_path("none.nc"), &name, &deflated), "\"to\": \"file\""));
    assert_int_equal(access(test_path("none.nc"), F_OK), -1);
    assert_int_equal(ash_write_query(ctx, 1, &t, test_path("none.nc"), &name, &wrong, &plan), ASH_ERR_ARGUMENT);
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "format must be one of");
    assert_null(ash_explain_write(ctx, 1, &t, NULL, &name, NULL));
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "explain_write: path must be given, found NULL");
    assert_true(ash_ok(t));
    ash_context_free(ctx);
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
    assert_int_equal(occurrences(text, "cylinder"), 1);
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

int main(void) {
    const struct CMUnitTest tests[] = {
#ifdef ASH_TEST_JSON
        cmocka_unit_test(explained_as_json),
        cmocka_unit_test(hostile_names_in_json),
#endif
        cmocka_unit_test(reasons_are_told),
        cmocka_unit_test(large_chunks_are_told),
        cmocka_unit_test(needed_bytes),
        cmocka_unit_test(the_last_run_is_explained),
        cmocka_unit_test(writes_are_explained),
        cmocka_unit_test(what_explains_writes_refuses_what_they_refuse),
        cmocka_unit_test(graphs_hold_all),
        cmocka_unit_test(graphs_are_drawn),
    };
    return cmocka_run_group_tests_name("seeing", tests, make_file, remove_test_folder);
}
