/* Functions of the user's as steps of an expression: graphs of calls, chunks as inputs, calls as chunks, and what is shared. */
#include "core_test.h"

#include <stdatomic.h>
#include <unistd.h>

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

static atomic_int incs, doubles, adds, sums;

static int64_t value_of(const ash_function_call *call, int k) {
    return *(const int64_t *)call->input[k]->data;
}

static ash_status inc(const ash_function_call *call, void *user) {
    (void)user;
    atomic_fetch_add(&incs, 1);
    *(int64_t *)call->output[0]->data = value_of(call, 0) + 1;
    return ASH_OK;
}

static ash_status twice(const ash_function_call *call, void *user) {
    (void)user;
    atomic_fetch_add(&doubles, 1);
    *(int64_t *)call->output[0]->data = 2 * value_of(call, 0);
    return ASH_OK;
}

static ash_status add(const ash_function_call *call, void *user) {
    (void)user;
    atomic_fetch_add(&adds, 1);
    *(int64_t *)call->output[0]->data = value_of(call, 0) + value_of(call, 1);
    return ASH_OK;
}

static ash_status sum(const ash_function_call *call, void *user) {
    int64_t total = 0;
    (void)user;
    atomic_fetch_add(&sums, 1);
    for (int k = 0; k < call->ninputs; k++) {
        total += value_of(call, k);
    }
    *(int64_t *)call->output[0]->data = total;
    return ASH_OK;
}

static ash_status refuse(const ash_function_call *call, void *user) {
    (void)user;
    snprintf(call->message, (size_t)call->message_bytes, "%lld is refused", (long long)value_of(call, 0));
    return ASH_ERR_INDEX;
}

/* The elements of all inputs one after another, as bytes. */
static ash_status join(const ash_function_call *call, void *user) {
    char *to = call->output[0]->data;
    (void)user;
    for (int k = 0; k < call->ninputs; k++) {
        const ash_function_block *in = call->input[k];
        int64_t bytes = ash_dtype_size(in->dtype), dense = 1;
        for (int a = in->ndim - 1; a >= 0; a--) {
            dense &= in->extent[a] == 1 || in->stride[a] == bytes;
            bytes *= in->extent[a];
        }
        if (!dense) {
            return ASH_ERR_INTERNAL;
        }
        memcpy(to, in->data, (size_t)bytes);
        to += bytes;
    }
    return ASH_OK;
}

/* The argument everywhere. */
static ash_status fill(const ash_function_call *call, void *user) {
    const ash_function_block *out = call->output[0];
    int64_t n = 1;
    (void)user;
    for (int a = 0; a < out->ndim; a++) {
        n *= out->extent[a];
    }
    for (int64_t k = 0; k < n; k++) {
        ((double *)out->data)[k] = *(const double *)call->argument;
    }
    return call->ninputs == 0 ? ASH_OK : ASH_ERR_INTERNAL;
}

static ash_context *begin(int threads) {
    static const struct {
        const char *name;
        ash_status (*function)(const ash_function_call *, void *);
    } functions[] = { { "inc", inc }, { "double", twice }, { "add", add }, { "sum", sum }, { "refuse", refuse }, { "join", join },
        { "fill", fill } };
    ash_context *ctx = context_with(threads, NULL);
    for (int k = 0; k < COUNT(functions); k++) {
        assert_done(ctx, ash_register(ctx, &(ash_function_definition){ .name = functions[k].name, .function = functions[k].function }));
    }
    atomic_store(&incs, 0), atomic_store(&doubles, 0), atomic_store(&adds, 0), atomic_store(&sums, 0);
    return ctx;
}

static ash_array call(ash_context *ctx, const char *function, int n, const ash_array inputs[]) {
    return ash_delayed(ctx, function, n, inputs, ASH_INT64, 0, NULL, NULL);
}

/* inc and double of every number, added, and all of it summed: every call once, however many threads. */
static void fan_out_fan_in(void **state) {
    (void)state;
    enum { N = 40 };
    for (int threads = 1; threads <= 4; threads++) {
        ash_context *ctx = begin(threads);
        ash_array numbers = ash_arange(ctx, 0, N, 1, &(ash_make_options){ .chunks = "7" }), added[N];
        for (int k = 0; k < N; k++) {
            char text[16];
            snprintf(text, sizeof text, "%d", k);
            ash_array x = ash_index(numbers, text), both[2] = { call(ctx, "inc", 1, &x), call(ctx, "double", 1, &x) };
            added[k] = call(ctx, "add", 2, both);
        }
        ash_array total = call(ctx, "sum", N, added), first_two = call(ctx, "add", 2, added), more = ash_add(total, first_two);
        int64_t found[3];
        void *buffers[3] = { &found[0], &found[1], &found[2] };
        assert_done(ctx, ash_compute_many(ctx, 3, (ash_array[]){ total, first_two, more }, buffers, (int64_t[]){ 8, 8, 8 }, NULL));
        assert_int_equal(found[0], 3 * N * (N - 1) / 2 + N);
        assert_int_equal(found[1], 1 + 4);
        assert_int_equal(found[2], found[0] + found[1]);
        assert_int_equal(atomic_load(&incs), N);
        assert_int_equal(atomic_load(&doubles), N);
        assert_int_equal(atomic_load(&adds), N + 1);
        assert_int_equal(atomic_load(&sums), 1);
        ash_context_free(ctx);
    }
}

static void values_and_chunks(void **state) {
    (void)state;
    ash_context *ctx = begin(3);
    double data[6 * 4];
    for (int k = 0; k < COUNT(data); k++) {
        data[k] = k;
    }
    ash_array a = ash_from_buffer(ctx, ASH_FLOAT64, 2, (int64_t[]){ 6, 4 }, data, &(ash_make_options){ .dims = "y,x", .chunks = "4+2,3" });
    ash_array corner = ash_chunk(a, "1, -1"), first = ash_chunk(a, "0,0");
    assert_int_equal(ash_extent(corner, 0), 2);
    assert_int_equal(ash_extent(corner, 1), 1);
    ash_array inputs[] = { corner, ash_real(ctx, 2.5), ash_zeros(ctx, ASH_INT8, 1, (int64_t[]){ 0 }, NULL), ash_transpose(a, NULL),
        ash_square(first) };
    double *joined = values_of(
        ash_delayed(ctx, "join", 5, inputs, ASH_UINT8, 1, (int64_t[]){ 8 * (2 + 1 + 24 + 12) }, &(ash_delayed_options){ .dims = "bytes" }));
    assert_true(joined[0] == 19 && joined[1] == 23 && joined[2] == 2.5 && joined[4] == 4 && joined[26] == 23 && joined[27 + 11] == 14 * 14);
    free(joined);
    /* A grid of calls is an array; chunks of it are calls again. */
    ash_array chunks[6], grid;
    for (int k = 0; k < 6; k++) {
        double value = k;
        chunks[k] = ash_delayed(ctx, "fill", 0, NULL, ASH_FLOAT64, 2, (int64_t[]){ k / 3 ? 2 : 3, (int64_t[]){ 1, 4, 2 }[k % 3] },
            &(ash_delayed_options){ .dims = "y,x", .argument = &value, .argument_bytes = sizeof value });
    }
    grid = ash_from_chunks(6, chunks, 2, (int64_t[]){ 2, 3 });
    assert_int_equal(ash_extent(grid, 0), 5);
    assert_int_equal(ash_extent(grid, 1), 7);
    assert_int_equal(ash_chunk_extent(grid, 1, 1), 4);
    assert_string_equal(ash_dim_name(grid, 1), "x");
    assert_true(real_of(ash_sum(grid, NULL)) == 3 * (0 * 1 + 1 * 4 + 2 * 2) + 2 * (3 * 1 + 4 * 4 + 5 * 2));
    assert_true(real_of(ash_index(grid, "4,4")) == 4);
    assert_true(real_of(ash_max(ash_chunk(grid, "0,2"), NULL)) == 2);
    double value = 3;
    ash_array scalar =
        ash_delayed(ctx, "fill", 0, NULL, ASH_FLOAT64, 0, NULL, &(ash_delayed_options){ .argument = &value, .argument_bytes = 8 });
    assert_true(real_of(ash_from_chunks(1, &scalar, 0, NULL)) == 3);
    assert_true(real_of(ash_chunk(scalar, "")) == 3);
    ash_array mixed[] = { ash_ones(ctx, ASH_INT8, 1, (int64_t[]){ 2 }, NULL), ash_ones(ctx, ASH_FLOAT32, 1, (int64_t[]){ 3 }, NULL) };
    assert_int_equal(ash_array_dtype(ash_from_chunks(2, mixed, 1, (int64_t[]){ 2 })), ASH_FLOAT32);
    ash_array empty = ash_zeros(ctx, ASH_FLOAT64, 1, (int64_t[]){ 0 }, NULL);
    assert_int_equal(ash_size(ash_from_chunks(1, &empty, 1, (int64_t[]){ 1 })), 0);
    free(values_of(ash_from_chunks(1, &empty, 1, (int64_t[]){ 1 })));
    ash_context_free(ctx);
}

/* The mean of the elements of all inputs. */
static ash_status mean(const ash_function_call *call, void *user) {
    double total = 0, n = 0;
    (void)user;
    for (int i = 0; i < call->ninputs; i++) {
        const ash_function_block *in = call->input[i];
        int64_t elements = in->ndim > 0 ? in->extent[0] : 1;
        for (int64_t k = 0; k < elements; k++, n++) {
            total += ((const double *)in->data)[k];
        }
    }
    *(double *)call->output[0]->data = total / n;
    return ASH_OK;
}

static ash_status counted_fill(const ash_function_call *call, void *user) {
    atomic_fetch_add(&sums, 1);
    return fill(call, user);
}

static ash_array large(ash_context *ctx, const char *function, double value) {
    return ash_delayed(ctx, function, 0, NULL, ASH_FLOAT64, 1, (int64_t[]){ 1 << 20 },
        &(ash_delayed_options){ .argument = &value, .argument_bytes = sizeof value });
}

/* What does not fit the limit together is computed one after another, unless a function would be called again for that. */
static void once_or_pure(void **state) {
    (void)state;
    for (int pure = 0; pure < 2; pure++) {
        ash_context *ctx = ash_context_new(&(ash_context_options){ .num_threads = 1, .memory_limit = (int64_t)1 << 30, .scratch = "none" });
        ash_function_definition definitions[] = { { .name = "fill", .function = fill, .pure = true },
            { .name = "mean", .function = mean, .pure = true }, { .name = "shared", .function = counted_fill, .pure = pure } };
        for (int k = 0; k < COUNT(definitions); k++) {
            assert_done(ctx, ash_register(ctx, &definitions[k]));
        }
        /* The first result leaves the shared array in memory while the second makes two others. */
        ash_array shared = large(ctx, "shared", 3), two[] = { large(ctx, "fill", 4), large(ctx, "fill", 6) }, results[2];
        ash_array then[] = { ash_delayed(ctx, "mean", 2, two, ASH_FLOAT64, 0, NULL, NULL), shared };
        results[0] = ash_delayed(ctx, "mean", 1, &shared, ASH_FLOAT64, 0, NULL, NULL);
        results[1] = ash_delayed(ctx, "mean", 2, then, ASH_FLOAT64, 0, NULL, NULL);
        ash_plan_info together = { 0 }, alone = { 0 };
        assert_done(ctx, ash_plan_query(ctx, 2, results, NULL, &together));
        assert_done(ctx, ash_plan_query(ctx, 1, &results[1], NULL, &alone));
        assert_true(together.sequential_peak > alone.sequential_peak + (4 << 20));
        ash_compute_options options = { .memory_limit = (together.sequential_peak + alone.sequential_peak) / 2 };
        double found[2];
        void *buffers[] = { &found[0], &found[1] };
        atomic_store(&sums, 0);
        ash_status status = ash_compute_many(ctx, 2, results, buffers, (int64_t[]){ 8, 8 }, &options);
        assert_int_equal(status, pure ? ASH_OK : ASH_ERR_LIMIT);
        assert_int_equal(atomic_load(&sums), pure ? 2 : 0);
        atomic_store(&sums, 0);
        assert_done(ctx, ash_compute_many(ctx, 2, results, buffers, (int64_t[]){ 8, 8 }, NULL));
        assert_true(found[0] == 3);
        assert_int_equal(atomic_load(&sums), 1);
        ash_context_free(ctx);
    }
}

/* A function of very many values, some of them several times: planning is linear in them. Quadratic walks took minutes here. */
static ash_status sum_all(const ash_function_call *call, void *user) {
    (void)user;
    int64_t sum = 0;
    for (int k = 0; k < call->ninputs; k++) {
        sum += *(const int64_t *)call->input[k]->data;
    }
    *(int64_t *)call->output[0]->data = sum;
    return ASH_OK;
}

static void very_many_inputs(void **state) {
    (void)state;
    enum { MANY = 50000 };
    ash_context *ctx = ash_context_new(&(ash_context_options){ .num_threads = 1, .memory_limit = (int64_t)4 << 30 });
    assert_done(ctx, ash_register(ctx, &(ash_function_definition){ .name = "sum_all", .function = sum_all, .pure = true }));
    ash_array *in = malloc(MANY * sizeof *in);
    int64_t expected = 0;
    for (int k = 0; k < MANY; k++) {
        in[k] = k % 3 == 2 ? in[k / 2] : ash_int(ctx, k);
    }
    int64_t *value = malloc(MANY * sizeof *value);
    for (int k = 0; k < MANY; k++) {
        value[k] = k % 3 == 2 ? value[k / 2] : k;
        expected += value[k];
    }
    assert_int_equal(integer_of(ash_delayed(ctx, "sum_all", MANY, in, ASH_INT64, 0, NULL, NULL)), expected);
    assert_true(ash_last_run(ctx).plan_seconds < 30);
    free(value);
    free(in);
    ash_context_free(ctx);
}

/* Waits until so many calls have begun. */
static atomic_int begun;

static ash_status meet(const ash_function_call *call, void *user) {
    atomic_fetch_add(&begun, 1);
    for (int tries = 0; atomic_load(&begun) < *(const int *)user; tries++) {
        if (tries > 60000) {
            snprintf(call->message, (size_t)call->message_bytes, "nobody came");
            return ASH_ERR_INTERNAL;
        }
        usleep(1000);
    }
    *(int64_t *)call->output[0]->data = 1;
    return ASH_OK;
}

static ash_status read_and_meet(
    void *user, int32_t ndim, const int64_t start[], const int64_t extent[], void *buffer, char *message, int64_t message_bytes) {
    int64_t one = 0;
    (void)ndim, (void)start;
    memset(buffer, 0, (size_t)extent[0] * sizeof one);
    const ash_function_block output = { .data = &one };
    return meet(
        &(ash_function_call){
            .output = (const ash_function_block *const[]){ &output }, .message = message, .message_bytes = message_bytes },
        user);
}

/* However few elements they have: calls and reads are shared out one by one, and none waits for another of the same thread. */
static void calls_run_side_by_side(void **state) {
    (void)state;
    const char *most = getenv("ASH_TEST_THREADS");
    if (most && atoi(most) == 1) {
        skip();
    }
    static int together = 2;
    ash_context *ctx = context_with(2, "openmp");
    assert_done(ctx, ash_register(ctx, &(ash_function_definition){ .name = "meet", .function = meet, .user = &together }));
    assert_done(ctx, ash_register(ctx, &(ash_function_definition){ .name = "sum_all", .function = sum_all }));
    ash_array calls[] = { call(ctx, "meet", 0, NULL), call(ctx, "meet", 0, NULL) };
    atomic_store(&begun, 0);
    assert_int_equal(integer_of(call(ctx, "sum_all", 2, calls)), 2);
    ash_array source = ash_from_source(
        ctx, ASH_INT64, 1, (int64_t[]){ 8 }, read_and_meet, &together, &(ash_source_options){ .chunks = "4", .thread_safe = true });
    atomic_store(&begun, 0);
    assert_int_equal(integer_of(ash_sum(source, NULL)), 0);
    ash_context_free(ctx);
}

static ash_status cancel_own(const ash_function_call *call, void *user) {
    atomic_fetch_add(&begun, 1);
    ash_cancel(*(ash_context **)user);
    *(int64_t *)call->output[0]->data = 1;
    return ASH_OK;
}

/* No call begins after that. */
static void cancelled_between_calls(void **state) {
    (void)state;
    enum { MANY = 50 };
    ash_context *ctx = context_with(1, "serial");
    assert_done(ctx, ash_register(ctx, &(ash_function_definition){ .name = "cancel", .function = cancel_own, .user = &ctx }));
    assert_done(ctx, ash_register(ctx, &(ash_function_definition){ .name = "sum_all", .function = sum_all }));
    ash_array calls[MANY];
    int64_t value;
    for (int k = 0; k < MANY; k++) {
        calls[k] = call(ctx, "cancel", 0, NULL);
    }
    atomic_store(&begun, 0);
    assert_int_equal(ash_compute(call(ctx, "sum_all", MANY, calls), &value, sizeof value, NULL), ASH_ERR_CANCELLED);
    assert_int_equal(atomic_load(&begun), 1);
    ash_context_free(ctx);
}

#define REFUSED(call, status, words) \
    do { \
        assert_false(ash_ok(call)); \
        assert_sentence(ctx, status, words); \
    } while (0)

static void errors(void **state) {
    (void)state;
    ash_context *ctx = begin(2);
    ash_array x = ash_int(ctx, 41), next = call(ctx, "inc", 1, &x), failed = call(ctx, "refuse", 1, &next),
              after = call(ctx, "inc", 1, &failed);
    int64_t value;
    assert_int_equal(ash_compute(after, &value, sizeof value, NULL), ASH_ERR_INDEX);
    assert_sentence(ctx, ASH_ERR_INDEX, "compute: refuse in group 3: the function failed: 42 is refused");
    assert_int_equal(integer_of(next), 42);
    REFUSED(ash_delayed(ctx, "in", 1, &x, ASH_INT64, 0, NULL, NULL), ASH_ERR_ARGUMENT,
        "delayed: no function 'in' is registered; did you mean 'inc'?");
    REFUSED(ash_delayed(ctx, "inc", -1, &x, ASH_INT64, 0, NULL, NULL), ASH_ERR_ARGUMENT, "n must be 0 or more");
    REFUSED(ash_delayed(ctx, "inc", 1, NULL, ASH_INT64, 0, NULL, NULL), ASH_ERR_ARGUMENT, "and no inputs");
    REFUSED(ash_delayed(ctx, "inc", 1, &x, ASH_DTYPE_COUNT, 0, NULL, NULL), ASH_ERR_DTYPE, "delayed: 13 is not a dtype");
    REFUSED(ash_delayed(ctx, "inc", 1, &x, ASH_INT64, 1, (int64_t[]){ -1 }, NULL), ASH_ERR_SHAPE, "delayed: extent of axis 0 must be >= 0");
    REFUSED(ash_delayed(ctx, "inc", 1, &x, ASH_INT64, 17, NULL, NULL), ASH_ERR_SHAPE, "delayed: ndim must be from 0 to 16");
    REFUSED(ash_delayed(ctx, "inc", 1, (ash_array[]){ { 0 } }, ASH_INT64, 0, NULL, NULL), ASH_ERR_HANDLE, "inputs[0] is not an array");
    REFUSED(
        ash_delayed(ctx, "inc", 1, &x, ASH_INT64, 0, NULL, &(ash_delayed_options){ .argument_bytes = 1 }), ASH_ERR_ARGUMENT, "no argument");
    REFUSED(ash_delayed(ctx, "inc", 1, &x, ASH_INT64, 0, NULL, &(ash_delayed_options){ .dims = "x" }), ASH_ERR_ARGUMENT,
        "delayed: the array has 0 dimensions");
    ash_array a = ash_zeros(ctx, ASH_INT8, 2, (int64_t[]){ 4, 4 }, &(ash_make_options){ .chunks = "2,2" });
    REFUSED(ash_chunk(a, "0"), ASH_ERR_ARGUMENT, "chunk: expected 2 numbers, one a dimension, found 1");
    REFUSED(ash_chunk(a, NULL), ASH_ERR_ARGUMENT, "found 0 in '(null)'");
    REFUSED(ash_chunk(a, "0,2"), ASH_ERR_INDEX, "axis 1 has 2 chunks, found number 2");
    REFUSED(ash_chunk(a, "0,x"), ASH_ERR_ARGUMENT, "expected the numbers of a chunk");
    ash_array four[] = { a, ash_chunk(a, "0,0"), a, a };
    REFUSED(ash_from_chunks(4, four, 2, (int64_t[]){ 2, 2 }), ASH_ERR_SHAPE,
        "from_chunks: axis 0 has extent 4 in chunks[0] and 2 in chunks[1]");
    REFUSED(ash_from_chunks(4, four, 2, (int64_t[]){ 2, 3 }), ASH_ERR_ARGUMENT, "multiply to 4");
    REFUSED(ash_from_chunks(4, four, 2, (int64_t[]){ -2, -2 }), ASH_ERR_ARGUMENT, "multiply to 4");
    REFUSED(ash_from_chunks(4, four, 1, (int64_t[]){ 4 }), ASH_ERR_SHAPE, "chunks[0] has 2 dimensions, expected 1");
    REFUSED(ash_from_chunks(4, four, 17, NULL), ASH_ERR_ARGUMENT, "ndim must be from 0 to 16");
    assert_int_equal(ash_array_status(ash_from_chunks(0, four, 1, NULL)), ASH_ERR_HANDLE);
    ash_context_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fan_out_fan_in),
        cmocka_unit_test(values_and_chunks),
        cmocka_unit_test(once_or_pure),
        cmocka_unit_test(very_many_inputs),
        cmocka_unit_test(calls_run_side_by_side),
        cmocka_unit_test(cancelled_between_calls),
        cmocka_unit_test(errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
