/* When memory runs out: every allocation of building and computing a medium expression fails once, alone and with all after it. Each time
 * there is a clean error, nothing is lost (the sanitizer sees that) and the context works afterwards. Links the library's objects, for the
 * hook that makes allocations fail. */
#include "core_test.h"

#include "base/memory.h"

enum { ROWS = 12, COLUMNS = 10 };
static double data[ROWS * COLUMNS];
static const int32_t labels[ROWS] = { 0, 1, 2, -1, 0, 1, 2, 0, 1, 2, 0, 1 };
static int released;

static void count_release(void *memory, void *user) {
    (void)memory, (void)user;
    released++;
}

/* A bit of everything. */
static ash_array build_a_bit(ash_context *ctx) {
    const int64_t shape[2] = { ROWS, COLUMNS };
    ash_array a = ash_from_buffer(
        ctx, ASH_FLOAT64, 2, shape, data, &(ash_make_options){ .dims = "t,x", .chunks = "5+7,4", .release = count_release });
    ash_array l = vector_of(ctx, ASH_INT32, ROWS, labels, NULL);
    a = ash_set_attr(ash_set_coord(a, "t", ash_linspace(ctx, 0, 1, ROWS, NULL)), "units", "K");
    ash_array anomaly = ash_sub(a, ash_group_take(ash_group_mean(a, "t", l), "t", l));
    ash_array part = ash_index(ash_transpose(ash_rechunk(anomaly, "t=3"), NULL), "::-2, 1:");
    return ash_nansum(
        ash_where(ash_greater(part, ash_real(ctx, 0)), ash_sqrt(part), ash_cast(ash_arange(ctx, 0, ROWS - 1, 1, NULL), ASH_FLOAT32)), "t");
}

static ash_status add_up(void *state, const void *elements, int64_t n, void *user) {
    (void)user;
    for (int64_t k = 0; k < n; k++) {
        *(double *)state += ((const double *)elements)[k];
    }
    return ASH_OK;
}

static ash_status add_states(void *state, const void *next, void *user) {
    return add_up(state, next, 1, user);
}

static void begin_at_0(void *state, void *user) {
    (void)user;
    *(double *)state = 0;
}

static ash_status give(void *state, int64_t count, void *result, void *user) {
    (void)count, (void)user;
    *(double *)result = *(double *)state;
    return ASH_OK;
}

/* Scans, medians, options of reductions, tables, functions over states, operations by name. */
static ash_array build_the_rest(ash_context *ctx) {
    const int64_t shape[2] = { ROWS, COLUMNS };
    static const double places[] = { -50, 0, 60 };
    ash_reduction_definition sum = { .name = "my_sum",
        .input = ASH_FLOAT64,
        .result = ASH_FLOAT64,
        .state_bytes = 8,
        .init = begin_at_0,
        .step = add_up,
        .merge = add_states,
        .finish = give };
    ash_array a = ash_from_buffer(
        ctx, ASH_FLOAT64, 2, shape, data, &(ash_make_options){ .dims = "t,x", .chunks = "5+7,4", .release = count_release });
    ash_array table = vector_of(ctx, ASH_FLOAT64, 3, places, NULL);
    ash_array sums = ash_cumsum(ash_cummax(a, "x"), "t");
    ash_array median = ash_median(ash_diff(a, "t", 1), "t");
    ash_array mean = ash_mean_with(a, "t", &(ash_reduce_options){ .where = ash_isin(a, table, true), .dtype = "float64" });
    for (int tries = 0; tries < 2; tries++) { /* a name is taken once */
        ash_status status = ash_register_reduction(ctx, &sum);
        if (status == ASH_ERR_MEMORY && tries > 0) {
            return ash_zeros(ctx, ASH_FLOAT64, 0, NULL, NULL); /* fails too */
        }
    }
    ash_array total = ash_reduce_custom(sums, "my_sum", "t", false);
    ash_array heights = ash_interp(ash_add(ash_add(median, mean), ash_norm(a, "t", 0)), table, ash_square(table), NULL);
    ash_array parts[] = { heights, total };
    return ash_index(ash_round(ash_apply(ctx, "add", 2, parts, NULL), 3), "::2");
}

/* Several quantiles, every kind of table, choices, statistics of two passes. */
static ash_array build_lookups(ash_context *ctx) {
    const int64_t shape[2] = { ROWS, COLUMNS };
    static const double places[] = { -5, 0, 6, 11 }, parts[] = { 0.25, 0.5 };
    static const float edges[] = { 9, 3, -2 };
    ash_array a = ash_from_buffer(
        ctx, ASH_FLOAT64, 2, shape, data, &(ash_make_options){ .dims = "t,x", .chunks = "5+7,4", .release = count_release });
    ash_array table = vector_of(ctx, ASH_FLOAT64, 4, places, NULL), bins = vector_of(ctx, ASH_FLOAT32, 3, edges, NULL);
    ash_array quantiles = ash_nanquantile_with(a, "t", 2, parts, &(ash_quantile_options){ .method = "weibull" });
    ash_array medians = ash_nanmedian_with(a, "x", &(ash_reduce_options){ .keepdims = true });
    ash_array waves = ash_interp(ash_index(quantiles, "0"), table, ash_cumsum(table, NULL), &(ash_interp_options){ .period = 20 });
    ash_array places_of = ash_searchsorted(table, ash_sub(a, medians), true), bin_of = ash_digitize(a, bins, false);
    ash_array choices[] = { a, ash_isin(places_of, ash_arange(ctx, 0, 2, 1, NULL), true), ash_real(ctx, 0.5) };
    ash_array chosen = ash_select(1, &choices[1], &choices[0], ash_choose(bin_of, 3, choices, "wrap"));
    ash_array average = ash_average(chosen, waves, "t"), spread = ash_add(ash_moment(chosen, "t", 3), ash_logsumexp(chosen, "t"));
    ash_array height = ash_trapezoid(chosen, ash_linspace(ctx, 0, 1, ROWS, &(ash_make_options){ .dims = "t" }), "t");
    return ash_index(ash_add(ash_add(average, spread), ash_add(height, ash_norm(chosen, "t", 3))), "::2");
}

/* Other shapes, positions and masks, counted and not. */
static ash_array build_indexing(ash_context *ctx) {
    const int64_t shape[2] = { ROWS, COLUMNS };
    static const int64_t rows[] = { 7, -1, 0, 7 };
    ash_array a = ash_from_buffer(
        ctx, ASH_FLOAT64, 2, shape, data, &(ash_make_options){ .dims = "t,x", .chunks = "5+7,4", .release = count_release });
    a = ash_set_coord(a, "t", ash_linspace(ctx, 0, 1, ROWS, NULL));
    ash_array cube = ash_reshape(a, "s=3, 4, x=10"), taken = ash_take(cube, vector_of(ctx, ASH_INT64, 4, rows, NULL), "x");
    ash_array firsts = ash_take_along_axis(a, ash_cast(ash_index(ash_isnan(a), "t=:1"), ASH_INT64), "t");
    ash_array positive = ash_greater(a, ash_int(ctx, 3)), chosen = ash_masked_select(a, positive);
    ash_array some = ash_index(ash_compress(chosen, ash_index(ash_isin(chosen, chosen, false), ":20"), NULL), ":5");
    ash_array places = ash_index(ash_argwhere(positive), ":5, 1");
    ash_array sums =
        ash_add(ash_sum(taken, NULL), ash_add(ash_mean(ash_masked_select(a, ash_less(a, ash_int(ctx, 0))), NULL), ash_sum(firsts, NULL)));
    return ash_add(ash_add(ash_expand_dims(some, 0, NULL), places), sums);
}

static ash_status read_data(
    void *user, int32_t ndim, const int64_t start[], const int64_t extent[], void *buffer, char *message, int64_t message_bytes) {
    (void)user, (void)ndim, (void)message, (void)message_bytes;
    for (int64_t k = 0; k < extent[0]; k++) {
        memcpy((double *)buffer + k * extent[1], &data[(start[0] + k) * COLUMNS + start[1]], (size_t)extent[1] * 8);
    }
    return ASH_OK;
}

static void release_source(void *user) {
    count_release(NULL, user);
}

/* A source of the user's, with steps. */
static ash_array build_source(ash_context *ctx) {
    const int64_t shape[2] = { ROWS, COLUMNS };
    ash_array a = ash_from_source(ctx, ASH_FLOAT64, 2, shape, read_data, NULL,
        &(ash_source_options){ .dims = "t,x", .chunks = "5+7,4", .attributes = "units=K\nname=a", .release = release_source });
    ash_array part = ash_rechunk(ash_index(a, "::2, ::-2"), "t=3");
    return ash_mean(ash_add(part, ash_max(ash_index(a, "t=:6, x=:5"), NULL)), "t");
}

/* A row a chunk: each element with those beside it, and the sum of the row. */
static ash_status smooth(const ash_function_call *call, void *user) {
    const ash_function_block *in = call->input[0], *smoothed = call->output[0], *sum = call->output[1];
    (void)user;
    for (int64_t i = 0; i < in->extent[0]; i++) {
        double total = 0;
        for (int64_t j = 0; j < in->extent[1]; j++) {
            const double *x = (const double *)((const char *)in->data + i * in->stride[0]) + j;
            ((double *)smoothed->data)[i * in->extent[1] + j] = (x[-1] + 2 * x[0] + x[1]) / 4;
            total += x[0];
        }
        ((double *)sum->data)[i] = total;
    }
    return ASH_OK;
}

static ash_status copy_input(const ash_function_call *call, void *user) {
    int64_t elements = 1;
    (void)user;
    for (int a = 0; a < call->output[0]->ndim; a++) {
        elements *= call->output[0]->extent[a];
    }
    memcpy(call->output[0]->data, call->input[0]->data, (size_t)elements * sizeof(double));
    return ASH_OK;
}

/* Halos, padding, several outputs, calls as chunks. */
static ash_array build_blocks(ash_context *ctx) {
    const int64_t shape[2] = { ROWS, COLUMNS }, part[2] = { ROWS / 2, COLUMNS };
    ash_array a = ash_from_buffer(
        ctx, ASH_FLOAT64, 2, shape, data, &(ash_make_options){ .dims = "t,x", .chunks = "5+7,4", .release = count_release });
    ash_function_definition definitions[] = { { .name = "smooth", .function = smooth, .scratch_bytes = 100 },
        { .name = "copy", .function = copy_input } };
    for (int k = 0; k < 2; k++) {
        for (int tries = 0; tries < 2; tries++) { /* a name is taken once */
            if (ash_register(ctx, &definitions[k]) == ASH_ERR_MEMORY && tries > 0) {
                return ash_zeros(ctx, ASH_FLOAT64, 0, NULL, NULL); /* fails too */
            }
        }
    }
    ash_map_output outputs[] = { { .dtype = ASH_FLOAT64 }, { .dtype = ASH_FLOAT64, .dims = "t" } };
    ash_array results[2], halves[2];
    ash_map_overlap_with(ctx, "smooth", 1, &a, "x=1", "x=periodic", 2, outputs, NULL, results);
    for (int k = 0; k < 2; k++) {
        ash_array half = ash_index(results[0], k ? "6:" : ":6");
        halves[k] = ash_delayed(ctx, "copy", 1, &half, ASH_FLOAT64, 2, part, &(ash_delayed_options){ .dims = "t,x" });
    }
    ash_array again = ash_from_chunks(2, halves, 2, (int64_t[]){ 2, 1 });
    ash_array padded = ash_index(ash_pad(ash_add(again, results[1]), "t=1, x=2:0", "t=reflect, x=edge"), "1:-1, 2:");
    return ash_index(ash_mean(ash_map_blocks(ctx, "copy", 1, &padded, ASH_FLOAT64), "t"), "::2");
}

static ash_array (*build)(ash_context *ctx);

typedef struct outcome {
    ash_status status;
    double values[COLUMNS / 2];
} outcome;

static outcome build_and_compute(ash_context *ctx, const char *executor) {
    outcome o = { .status = ASH_OK };
    ash_array a = build(ctx);
    o.status = ash_compute(a, o.values, sizeof o.values, &(ash_compute_options){ .executor = executor, .num_threads = 2 });
    return o;
}

/* The n-th allocation fails; returns whether it was reached. */
static int fail_at(int64_t n, int onward, const char *executor, const outcome *expected) {
    ash_context *ctx = context_with(2, executor);
    released = 0;
    assert_done(ctx, ash_scope_begin(ctx));
    ash_fail_allocations(n, onward);
    outcome o = build_and_compute(ctx, executor);
    ash_fail_allocations(0, 0);
    int reached = o.status != ASH_OK;
    if (reached && (o.status != ASH_ERR_MEMORY || !strstr(ash_error(ctx), "the system gave no memory"))) {
        fail_msg("allocation %lld: expected no memory, found status %d: %s", (long long)n, o.status, ash_error(ctx));
    }
    if (!reached) {
        assert_memory_equal(o.values, expected->values, sizeof o.values);
    }
    assert_done(ctx, ash_scope_end(ctx, NULL, 0));
    assert_true(released <= 1);
    outcome again = build_and_compute(ctx, executor);
    assert_int_equal(again.status, ASH_OK);
    assert_memory_equal(again.values, expected->values, sizeof again.values);
    ash_context_free(ctx);
    return reached;
}

static void every_allocation_may_fail(void) {
    static const char *const executors[] = { "serial", "openmp" };
    for (int k = 0; k < ROWS * COLUMNS; k++) {
        data[k] = k * 7 % 31 - 10;
    }
    for (int e = 0; e < 2; e++) {
        ash_context *ctx = context_with(2, executors[e]);
        outcome expected = build_and_compute(ctx, executors[e]);
        assert_int_equal(expected.status, ASH_OK);
        ash_context_free(ctx);
        for (int onward = 0; onward < 2; onward++) {
            int64_t n = 1;
            for (int missed = 0; missed < 20; n++) { /* an allocation that nothing depends on may fail unnoticed */
                missed = fail_at(n, onward, executors[e], &expected) ? 0 : missed + 1;
            }
            assert_true(n > 60);
        }
    }
}

static void while_computing_a_bit_of_everything(void **state) {
    (void)state;
    build = build_a_bit;
    every_allocation_may_fail();
}

static void while_computing_the_rest(void **state) {
    (void)state;
    build = build_the_rest;
    every_allocation_may_fail();
}

static void while_computing_lookups(void **state) {
    (void)state;
    build = build_lookups;
    every_allocation_may_fail();
}

static void while_indexing(void **state) {
    (void)state;
    build = build_indexing;
    every_allocation_may_fail();
}

static void while_computing_sources(void **state) {
    (void)state;
    build = build_source;
    every_allocation_may_fail();
}

/* A watched run fails, or its files are not whole: never anything else. */
static void watching_needs_memory(void **state) {
    (void)state;
    build = build_a_bit;
    for (int64_t n = 1, missed = 0; missed < 30; n++) {
        ash_context *ctx = context_with(2, "openmp");
        ash_array a = build(ctx);
        double values[COLUMNS / 2];
        const ash_compute_options options = { .trace = "/dev/null", .report = "/dev/null" };
        assert_good(a);
        ash_fail_allocations(n, 0);
        ash_status status = ash_compute(a, values, sizeof values, &options);
        missed = ash_fail_allocations_left() > 0 ? missed + 1 : 0;
        ash_fail_allocations(0, 0);
        assert_true(status == ASH_OK || (status == ASH_ERR_MEMORY && ash_error_status(ctx) == ASH_ERR_MEMORY));
        assert_done(ctx, ash_compute(a, values, sizeof values, &options));
        assert_non_null(ash_explain_last(ctx));
        ash_context_free(ctx);
    }
}

static void while_computing_blocks(void **state) {
    (void)state;
    build = build_blocks;
    every_allocation_may_fail();
}

/* ---- Scratch ---- */

enum { SPILL_ROWS = 400, SPILL_COLUMNS = 300, SPILL_SIZE = SPILL_ROWS * SPILL_COLUMNS };
static double large[SPILL_SIZE], turned[SPILL_SIZE], found[SPILL_SIZE];

/* All of it is held, and read by boxes; less than half of it fits the limit. */
static ash_array build_large(ash_context *ctx, int64_t *limit) {
    ash_array a =
        ash_from_buffer(ctx, ASH_FLOAT64, 2, (int64_t[]){ SPILL_ROWS, SPILL_COLUMNS }, large, &(ash_make_options){ .chunks = "20, -1" });
    a = ash_rechunk(ash_transpose(ash_cumsum(a, "1"), NULL), "60, 70");
    ash_plan_info info = { .size = sizeof info };
    assert_done(ctx, ash_plan_query(ctx, 1, &a, NULL, &info));
    *limit = info.least_limit + (info.sequential_peak - info.least_limit) / 8;
    return a;
}

/* Whether the n-th allocation of the run was reached. */
static int fail_while_spilling(int64_t n, int onward, const char *executor) {
    ash_context *ctx = context_with(2, executor);
    int64_t limit;
    ash_array a = build_large(ctx, &limit);
    const ash_compute_options options = { .memory_limit = limit };
    memset(found, 0, sizeof found);
    ash_fail_allocations(n, onward);
    ash_status status = ash_compute(a, found, sizeof found, &options);
    int reached = ash_fail_allocations_left() <= 0;
    ash_fail_allocations(0, 0);
    if (status != ASH_OK) {
        assert_sentence(ctx, ASH_ERR_MEMORY, "the system gave no memory");
        assert_done(ctx, ash_compute(a, found, sizeof found, &options));
    }
    assert_memory_equal(found, turned, sizeof found);
    assert_true(ash_last_run(ctx).bytes_spilled > (int64_t)sizeof large / 4);
    ash_context_free(ctx);
    return reached;
}

static void while_spilling(void **state) {
    (void)state;
    static const char *const executors[] = { "serial", "openmp" };
    for (int64_t k = 0; k < SPILL_SIZE; k++) {
        large[k] = (double)(k * 7919 % 1009);
    }
    ash_context *ctx = context_with(2, "serial");
    int64_t limit, n;
    assert_done(ctx, ash_compute(build_large(ctx, &limit), turned, sizeof turned, NULL));
    ash_context_free(ctx);
    for (int k = 0; k < 4; k++) {
        for (n = 1; fail_while_spilling(n, k / 2, executors[k % 2]); n++) {}
        assert_true(n > 60);
    }
}

static void contexts_need_memory(void **state) {
    (void)state;
    ash_fail_allocations(1, 1);
    assert_null(ash_context_new(NULL));
    ash_fail_allocations(0, 0);
    assert_int_equal(ash_error_status(NULL), ASH_ERR_MEMORY);
}

static void asking_needs_memory(void **state) {
    (void)state;
    for (int64_t n = 1, missed = 0; missed < 5; n++) {
        ash_context *ctx = context_with(1, NULL);
        ash_array a = build(ctx);
        ash_plan_info info = { 0 };
        assert_good(a);
        ash_fail_allocations(n, 0);
        const char *text = ash_explain(ctx, 1, &a, NULL);
        ash_fail_allocations(0, 0);
        assert_true(text || ash_error_status(ctx) == ASH_ERR_MEMORY);
        missed = text ? missed + 1 : 0;
        ash_error_clear(ctx);
        ash_fail_allocations(n, 0);
        ash_status status = ash_plan_query(ctx, 1, &a, NULL, &info);
        ash_fail_allocations(0, 0);
        assert_true(status == ASH_OK || status == ASH_ERR_MEMORY);
        assert_non_null(ash_explain(ctx, 1, &a, NULL));
        ash_fail_allocations(n, 0);
        text = ash_explain_json(ctx, 1, &a, NULL);
        ash_fail_allocations(0, 0);
        assert_true(text || ash_error_status(ctx) == ASH_ERR_MEMORY);
        ash_fail_allocations(n, 0);
        text = ash_graph_text(ctx, 1, &a, NULL);
        ash_fail_allocations(0, 0);
        assert_true(text || ash_error_status(ctx) == ASH_ERR_MEMORY);
        ash_fail_allocations(n, 0);
        status = ash_graph(ctx, 1, &a, "/dev/null", NULL);
        ash_fail_allocations(0, 0);
        assert_true(status == ASH_OK || status == ASH_ERR_MEMORY);
        ash_context_free(ctx);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(while_computing_a_bit_of_everything),
        cmocka_unit_test(while_computing_the_rest),
        cmocka_unit_test(while_computing_lookups),
        cmocka_unit_test(while_indexing),
        cmocka_unit_test(while_computing_sources),
        cmocka_unit_test(watching_needs_memory),
        cmocka_unit_test(while_computing_blocks),
        cmocka_unit_test(while_spilling),
        cmocka_unit_test(contexts_need_memory),
        cmocka_unit_test(asking_needs_memory),
    };
    return cmocka_run_group_tests_name("faults", tests, NULL, NULL);
}
