/* Arrays whose values come from a function: what it is asked for, from which threads, and what becomes of its errors. Random expressions over sources
 * are in random_test.c. */
#include "core_test.h"

#include <stdatomic.h>

/* Elements are their own positions: 10000 * i + j. */
typedef struct table {
    atomic_int calls, inside, most_inside, released;
    _Atomic int64_t elements;
    _Atomic int64_t largest[2], last_start[2];
    int fail_at; /* the call that fails, from 1; 0: none */
    ash_status status;
    const char *sentence;
    ash_context *other; /* to compute with, inside the callback */
} table;

static void note_largest(_Atomic int64_t *largest, int64_t extent) {
    for (int64_t most = atomic_load(largest); extent > most && !atomic_compare_exchange_weak(largest, &most, extent);) {}
}

static void note_inside(table *t) {
    int inside = atomic_fetch_add(&t->inside, 1) + 1;
    for (int most = atomic_load(&t->most_inside); inside > most;) {
        if (atomic_compare_exchange_weak(&t->most_inside, &most, inside)) {
            break;
        }
    }
}

static ash_status read_table(
    void *user, int32_t ndim, const int64_t start[], const int64_t extent[], void *buffer, char *message, int64_t message_bytes) {
    table *t = user;
    int32_t *out = buffer;
    if (ndim != 2) {
        return ASH_ERR_INTERNAL;
    }
    note_inside(t);
    int call = atomic_fetch_add(&t->calls, 1) + 1;
    atomic_fetch_add(&t->elements, extent[0] * extent[1]);
    for (int a = 0; a < 2; a++) {
        note_largest(&t->largest[a], extent[a]);
        atomic_store(&t->last_start[a], start[a]);
    }
    for (int64_t i = 0; i < extent[0]; i++) {
        for (int64_t j = 0; j < extent[1]; j++) {
            *out++ = (int32_t)(10000 * (start[0] + i) + start[1] + j);
        }
    }
    atomic_fetch_sub(&t->inside, 1);
    if (call == t->fail_at) {
        snprintf(message, (size_t)message_bytes, "%s", t->sentence);
        return t->status;
    }
    return ASH_OK;
}

static void release_table(void *user) {
    atomic_fetch_add(&((table *)user)->released, 1);
}

static ash_array source_of(ash_context *ctx, table *t, int64_t rows, int64_t columns, const char *chunks, bool thread_safe) {
    return ash_from_source(ctx, ASH_INT32, 2, (int64_t[]){ rows, columns }, read_table, t,
        &(ash_source_options){ .name = "positions",
            .dims = "y,x",
            .chunks = chunks,
            .attributes = "units=1\n\nlong_name=place",
            .thread_safe = thread_safe,
            .release = release_table });
}

static void a_call_a_chunk(void **state) {
    (void)state;
    table t = { 0 };
    ash_context *ctx = context_with(2, NULL);
    ash_array a = source_of(ctx, &t, 90, 40, "20,16", false);
    assert_good(a);
    assert_string_equal(ash_array_name(a), "positions");
    assert_string_equal(ash_attr(a, "long_name"), "place");
    assert_string_equal(ash_attr(a, "units"), "1");
    assert_string_equal(ash_dim_name(a, 1), "x");
    assert_int_equal(ash_chunk_count(a, 0), 5);
    assert_int_equal(atomic_load(&t.calls), 0); /* lazy */
    int32_t *values = values_of(a);
    for (int k = 0; k < 90 * 40; k++) {
        assert_int_equal(values[k], 10000 * (k / 40) + k % 40);
    }
    free(values);
    assert_int_equal(atomic_load(&t.calls), 15);
    assert_int_equal(atomic_load(&t.elements), 90 * 40);
    assert_int_equal(t.largest[0], 20);
    assert_int_equal(t.largest[1], 16);
    assert_true(strstr(ash_explain(ctx, 1, &a, NULL), "read     user source: positions int32 (y 90 in 5, x 40 in 3)") != NULL);
    assert_int_equal(atomic_load(&t.released), 0);
    ash_context_free(ctx);
    assert_int_equal(atomic_load(&t.released), 1);
}

/* What is not needed is not asked for; other grids do not ask twice. */
static void parts(void **state) {
    (void)state;
    table t = { 0 };
    ash_context *ctx = context_with(2, NULL);
    ash_array a = source_of(ctx, &t, 90, 40, "20,16", false);
    int32_t one;
    assert_done(ctx, ash_compute(ash_index(a, "77, 33"), &one, 4, NULL));
    assert_int_equal(one, 770033);
    assert_int_equal(atomic_load(&t.elements), 1);
    assert_int_equal(t.last_start[0], 77);
    t.elements = 0;
    int32_t *values = values_of(ash_rechunk(a, "7,13"));
    assert_int_equal(values[90 * 40 - 1], 890039);
    assert_int_equal(atomic_load(&t.elements), 90 * 40);
    free(values);
    ash_context_free(ctx);
}

/* Steps: next to each other with what lies between, far apart one by one; the boxes a call is asked for are bounded. */
static void steps(void **state) {
    (void)state;
    static const char *const indices[] = { "::2, ::3", "::-1, 5::700", "1::50, ::-7", "::300, ::2", "3::4, 4000", "::2, :" };
    enum { ROWS = 601, COLUMNS = 9000 };
    ash_context *ctx = context_with(2, NULL);
    for (size_t k = 0; k < sizeof indices / sizeof *indices; k++) {
        table t = { 0 };
        assert_done(ctx, ash_scope_begin(ctx));
        ash_array part = ash_index(source_of(ctx, &t, ROWS, COLUMNS, k % 2 ? NULL : "-1,-1", k % 2), indices[k]);
        int32_t *values = values_of(part);
        int64_t rows = ash_extent(part, 0), columns = ash_ndim(part) > 1 ? ash_extent(part, 1) : 1, at = 0;
        static const int64_t first[][2] = { { 0, 0 }, { ROWS - 1, 5 }, { 1, COLUMNS - 1 }, { 0, 0 }, { 3, 4000 }, { 0, 0 } },
                             step[][2] = { { 2, 3 }, { -1, 700 }, { 50, -7 }, { 300, 2 }, { 4, 1 }, { 2, 1 } };
        for (int64_t i = 0; i < rows; i++) {
            for (int64_t j = 0; j < columns; j++, at++) {
                assert_int_equal(values[at], 10000 * (first[k][0] + i * step[k][0]) + first[k][1] + j * step[k][1]);
            }
        }
        assert_true(atomic_load(&t.elements) <= 4 * rows * COLUMNS); /* rows that the steps leave out are not asked for */
        free(values);
        assert_done(ctx, ash_scope_end(ctx, NULL, 0));
        assert_int_equal(atomic_load(&t.released), 1);
    }
    ash_context_free(ctx);
}

static void one_thread_at_a_time(void **state) {
    (void)state;
    for (int safe = 0; safe < 2; safe++) {
        table t = { 0 };
        ash_context *ctx = context_with(4, "openmp");
        assert_true(real_of(ash_cast(ash_sum(source_of(ctx, &t, 2000, 500, "4,-1", safe), NULL), ASH_FLOAT64)) ==
            500.0 * 10000 * 1999 * 1000 + 2000.0 * 499 * 250);
        assert_int_equal(atomic_load(&t.calls), 500);
        assert_true(safe || atomic_load(&t.most_inside) == 1);
        ash_context_free(ctx);
    }
}

static void errors_travel(void **state) {
    (void)state;
    static char long_sentence[3000];
    memset(long_sentence, 'x', sizeof long_sentence - 1);
    const struct {
        ash_status status, expected;
        const char *sentence, *words;
    } cases[] = {
        { ASH_ERR_NOT_FOUND, ASH_ERR_NOT_FOUND, "the tape is on holiday",
            "read: user source: variable 'positions', box of shape (20, 16) at (0, 0): the tape is on holiday" },
        { (ash_status)-7, ASH_ERR_IO, "", "read_box returned -7 and no sentence" },
        { ASH_ERR_MEMORY, ASH_ERR_MEMORY, "no room", "no room" },
        { (ash_status)99, ASH_ERR_IO, long_sentence, "xxxx" },
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        table t = { .fail_at = 1, .status = cases[k].status, .sentence = cases[k].sentence };
        ash_context *ctx = context_with(1, NULL);
        ash_array a = source_of(ctx, &t, 90, 40, "20,16", k % 2);
        int64_t sum;
        assert_int_equal(ash_compute(ash_sum(a, NULL), &sum, 8, NULL), cases[k].expected);
        assert_sentence(ctx, cases[k].expected, cases[k].words);
        assert_done(ctx, ash_compute(ash_sum(a, NULL), &sum, 8, NULL)); /* the next time it works */
        ash_context_free(ctx);
    }
}

static void bad_arguments(void **state) {
    (void)state;
    table t = { 0 };
    ash_context *ctx = context_with(1, NULL);
    const int64_t shape[2] = { 3, 4 };
    ash_source_options o = { .release = release_table };
    assert_false(ash_ok(ash_from_source(ctx, ASH_INT32, 2, shape, NULL, &t, &o)));
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "from_source: read_box is NULL");
    o.scratch_bytes = -1;
    assert_false(ash_ok(ash_from_source(ctx, ASH_INT32, 2, shape, read_table, &t, &o)));
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "from_source: scratch_bytes must be >= 0, found -1");
    o.scratch_bytes = 0;
    o.attributes = "units";
    assert_false(ash_ok(ash_from_source(ctx, ASH_INT32, 2, shape, read_table, &t, &o)));
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "from_source: attributes must be lines of name=value, found 'units'");
    o.attributes = NULL;
    o.chunks = "2";
    assert_false(ash_ok(ash_from_source(ctx, ASH_INT32, 2, shape, read_table, &t, &o)));
    assert_false(ash_ok(ash_from_source(ctx, ASH_INT32, 2, (int64_t[]){ 3, -4 }, read_table, &t, NULL)));
    assert_false(ash_ok(ash_from_source(NULL, ASH_INT32, 2, shape, read_table, &t, NULL)));
    ash_context_free(ctx);
    assert_int_equal(atomic_load(&t.released), 0);
}

/* Scratch of the callback counts against the limit, once a thread. */
static void scratch_counts(void **state) {
    (void)state;
    table t = { 0 };
    ash_context *ctx = context_with(2, NULL);
    ash_plan_info without = { 0 }, with = { 0 };
    ash_array a = ash_from_source(ctx, ASH_INT32, 2, (int64_t[]){ 90, 40 }, read_table, &t, NULL);
    ash_array b = ash_from_source(
        ctx, ASH_INT32, 2, (int64_t[]){ 90, 40 }, read_table, &t, &(ash_source_options){ .thread_safe = true, .scratch_bytes = 5 << 20 });
    assert_done(ctx, ash_plan_query(ctx, 1, &a, NULL, &without));
    assert_done(ctx, ash_plan_query(ctx, 1, &b, NULL, &with));
    assert_int_equal(with.reserve_bytes - without.reserve_bytes, 2 * (5 << 20));
    ash_compute_options tight = { .memory_limit = 6 << 20 };
    int64_t sum;
    assert_int_equal(ash_compute(ash_sum(b, NULL), &sum, 8, &tight), ASH_ERR_LIMIT);
    assert_int_equal(atomic_load(&t.calls), 0);
    ash_context_free(ctx);
}

/* The callback computes with a context of its own, on the team of the run that calls it. */
static ash_status read_through(
    void *user, int32_t ndim, const int64_t start[], const int64_t extent[], void *buffer, char *message, int64_t message_bytes) {
    table *t = user;
    char index[100];
    (void)ndim;
    atomic_fetch_add(&t->calls, 1);
    snprintf(index, sizeof index, "%lld:%lld", (long long)start[0], (long long)(start[0] + extent[0]));
    ash_scope_begin(t->other);
    ash_array ramp = ash_rechunk(ash_arange(t->other, 0, 100000, 1, NULL), "64");
    ash_array values = ash_sub(ash_index(ash_mul(ramp, ramp), index), ash_min(ash_sqrt(ramp), NULL));
    ash_status status = ash_compute(values, buffer, extent[0] * 8, NULL);
    if (status != ASH_OK) {
        snprintf(message, (size_t)message_bytes, "%s", ash_error(t->other));
    }
    ash_scope_end(t->other, NULL, 0);
    return status;
}

static void another_context_inside(void **state) {
    (void)state;
    static const char *const executors[] = { "serial", "openmp" };
    for (int k = 0; k < 4; k++) {
        table t = { .other = context_with(3, executors[k / 2]) };
        ash_context *ctx = context_with(3, executors[k % 2]);
        const int64_t n = 100000;
        ash_array squares =
            ash_from_source(ctx, ASH_FLOAT64, 1, &n, read_through, &t, &(ash_source_options){ .chunks = "3000", .scratch_bytes = 1 << 20 });
        double expected = 0;
        for (int64_t i = 0; i < n; i++) {
            expected += (double)(i * i);
        }
        assert_true(real_of(ash_sum(squares, NULL)) == expected);
        assert_int_equal(atomic_load(&t.calls), 34);
        ash_context_free(ctx);
        ash_context_free(t.other);
    }
}

/* ---- Sinks ---- */

typedef struct basket {
    atomic_int calls, inside, most_inside;
    int64_t shape[2];
    _Atomic int64_t largest[2];
    int32_t *values;
    int fail_at;
    ash_context *other;
} basket;

static ash_status collect(
    void *user, int32_t ndim, const int64_t start[], const int64_t extent[], const void *data, char *message, int64_t message_bytes) {
    basket *b = user;
    const int32_t *in = data;
    int inside = atomic_fetch_add(&b->inside, 1) + 1;
    for (int most = atomic_load(&b->most_inside); inside > most && !atomic_compare_exchange_weak(&b->most_inside, &most, inside);) {}
    if (ndim != 2 || start[0] + extent[0] > b->shape[0] || start[1] + extent[1] > b->shape[1]) {
        return ASH_ERR_INTERNAL;
    }
    for (int64_t i = 0; i < extent[0]; i++) {
        for (int64_t j = 0; j < extent[1]; j++) {
            b->values[(start[0] + i) * b->shape[1] + start[1] + j] += *in++;
        }
    }
    for (int a = 0; a < 2; a++) {
        note_largest(&b->largest[a], extent[a]);
    }
    if (b->other) {
        ash_array ramp = ash_rechunk(ash_arange(b->other, 0, 5000, 1, NULL), "64");
        int64_t sum = 0;
        if (ash_compute(ash_sum(ramp, NULL), &sum, sizeof sum, NULL) != ASH_OK || sum != 4999 * 2500) {
            return ASH_ERR_INTERNAL;
        }
    }
    atomic_fetch_sub(&b->inside, 1);
    if (atomic_fetch_add(&b->calls, 1) + 1 == b->fail_at) {
        snprintf(message, (size_t)message_bytes, "the basket is full");
        return ASH_ERR_IO;
    }
    return ASH_OK;
}

static void every_element_is_given_once(void **state) {
    (void)state;
    for (int k = 0; k < 12; k++) {
        table t = { 0 };
        basket b = { .shape = { 40, 90 }, .values = calloc(40 * 90, 4), .other = k >= 8 ? context_with(3, NULL) : NULL };
        ash_context *ctx = context_with(1 + k % 4, NULL);
        ash_array a = ash_transpose(ash_add(source_of(ctx, &t, 90, 40, "20,16", true), ash_int(ctx, 3)), NULL);
        ash_store_options o = { .chunks = k % 2 ? "7,-1" : NULL, .thread_safe = k < 8 && k % 3 == 0, .scratch_bytes = 1000 };
        assert_done(ctx, ash_store(a, collect, &b, &o));
        assert_int_equal(atomic_load(&b.calls), k % 2 ? 6 : 15);
        assert_int_equal(b.largest[0], k % 2 ? 7 : 16);
        assert_int_equal(b.largest[1], k % 2 ? 90 : 20);
        assert_true(o.thread_safe || atomic_load(&b.most_inside) == 1);
        assert_int_equal(ash_last_run(ctx).bytes_written, 40 * 90 * 4);
        for (int i = 0; i < 40 * 90; i++) {
            assert_int_equal(b.values[i], 10000 * (i % 90) + i / 90 + 3);
        }
        free(b.values);
        ash_context_free(ctx);
        ash_context_free(b.other);
    }
}

static void sinks_fail(void **state) {
    (void)state;
    table t = { 0 };
    basket b = { .shape = { 90, 40 }, .values = calloc(40 * 90, 4), .fail_at = 3 };
    ash_context *ctx = context_with(2, NULL);
    ash_array a = source_of(ctx, &t, 90, 40, "20,16", false);
    assert_int_equal(ash_store(a, collect, &b, NULL), ASH_ERR_IO);
    assert_sentence(ctx, ASH_ERR_IO, "of 'positions': user sink: variable 'positions': the basket is full");
    assert_true(atomic_load(&b.calls) < 15);
    assert_int_equal(ash_store(a, NULL, &b, NULL), ASH_ERR_ARGUMENT);
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "store: write_box is NULL");
    assert_int_equal(ash_store(a, collect, &b, &(ash_store_options){ .scratch_bytes = -5 }), ASH_ERR_ARGUMENT);
    assert_int_equal(ash_store(a, collect, &b, &(ash_store_options){ .chunks = "no" }), ASH_ERR_ARGUMENT);
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "store: chunks");
    assert_int_equal(ash_store((ash_array){ 0 }, collect, &b, NULL), ASH_ERR_HANDLE);
    b.fail_at = 0;
    assert_done(ctx, ash_store(ash_index(a, ":0"), collect, &b, NULL)); /* nothing to give */
    assert_done(ctx, ash_store(a, collect, &b, NULL));
    free(b.values);
    ash_context_free(ctx);
}

/* Where not every thread has room for the scratch, fewer run; more than any memory has is refused, as are sums that would overflow. */
static void too_much_scratch(void **state) {
    (void)state;
    table t = { 0 };
    basket b = { .shape = { 90, 40 }, .values = calloc(40 * 90, 4) };
    for (int threads = 1; threads <= 4; threads++) {
        ash_context *ctx = context_with(threads, NULL);
        ash_source_options o = { .thread_safe = true, .scratch_bytes = 40 << 20 };
        ash_compute_options tight = { .memory_limit = 100 << 20 };
        ash_plan_info info = { 0 };
        ash_array a = ash_from_source(ctx, ASH_INT32, 2, (int64_t[]){ 90, 40 }, read_table, &t, &o), sum = ash_sum(a, NULL);
        int64_t total;
        assert_done(ctx, ash_plan_query(ctx, 1, &sum, &tight, &info));
        assert_int_equal(info.num_threads, threads < 2 ? threads : 2);
        assert_true(info.least_limit < 50 << 20);
        assert_done(ctx, ash_compute(sum, &total, 8, &tight));
        assert_int_equal(ash_last_run(ctx).num_threads, info.num_threads);
        tight.memory_limit = info.least_limit;
        assert_done(ctx, ash_compute(sum, &total, 8, &tight));
        tight.memory_limit = info.least_limit - 1;
        assert_int_equal(ash_compute(sum, &total, 8, &tight), ASH_ERR_LIMIT);
        o.scratch_bytes = INT64_MAX;
        a = ash_from_source(ctx, ASH_INT32, 2, (int64_t[]){ 90, 40 }, read_table, &t, &o);
        assert_int_equal(ash_compute(ash_sum(a, NULL), &total, 8, NULL), ASH_ERR_LIMIT);
        a = ash_arange(ctx, 0, 90 * 40, 1, NULL);
        assert_int_equal(ash_store(a, collect, &b, &(ash_store_options){ .scratch_bytes = INT64_MAX }), ASH_ERR_LIMIT);
        ash_context_free(ctx);
    }
    assert_int_equal(atomic_load(&b.calls), 0);
    free(b.values);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_a_chunk),
        cmocka_unit_test(parts),
        cmocka_unit_test(steps),
        cmocka_unit_test(one_thread_at_a_time),
        cmocka_unit_test(errors_travel),
        cmocka_unit_test(bad_arguments),
        cmocka_unit_test(scratch_counts),
        cmocka_unit_test(another_context_inside),
        cmocka_unit_test(every_element_is_given_once),
        cmocka_unit_test(sinks_fail),
        cmocka_unit_test(too_much_scratch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
