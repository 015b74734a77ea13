/* Results that stay: the same values, with what belongs to them, whatever becomes of what they were made from. */
#include "core_test.h"

#include "base/memory.h"
#include "expr/fingerprint.h"

#include <ashlar/persist.h>

#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <unistd.h>

static const char *const places[] = { "memory", "scratch", NULL };
enum { PLACES = 3 };

/* The bytes of an array; freed by the caller. */
static char *bytes_of_array(ash_array a, int64_t *bytes) {
    assert_good(a);
    *bytes = ash_size(a) * ash_dtype_size(ash_array_dtype(a));
    char *values = malloc((size_t)*bytes + 1);
    assert_done(a.context, ash_compute(a, values, *bytes, NULL));
    return values;
}

static void assert_same(ash_array a, ash_array b) {
    int64_t bytes, others;
    char *values = bytes_of_array(a, &bytes), *found = bytes_of_array(b, &others);
    assert_int_equal(bytes, others);
    assert_memory_equal(values, found, (size_t)bytes);
    free(values);
    free(found);
}

static void all_dtypes_and_shapes(void **state) {
    (void)state;
    ash_context *ctx = context_with(2, NULL);
    for (int p = 0; p < PLACES; p++) {
        for (int d = 0; d < ASH_DTYPE_COUNT; d++) {
            static const char *const shapes[] = { "6,5,4", "120", "", "0,3", "0" };
            for (int s = 0; s < 5; s++) {
                ash_array a = ash_arange(ctx, -60, 60, 1, &(ash_make_options){ .chunks = "13" });
                a = s < 2 ? ash_reshape(a, shapes[s]) : s == 2 ? ash_sum(a, NULL) : ash_reshape(ash_index(a, "0:0"), shapes[s]);
                a = ash_cast(a, (ash_dtype)d);
                ash_array kept = ash_persist(a, places[p]);
                assert_good(kept);
                assert_int_equal(ash_array_dtype(kept), d);
                assert_same(a, kept);
            }
        }
    }
    ash_context_free(ctx);
}

static void parts_are_read(void **state) {
    (void)state;
    static const char *const parts[] = { "3", ":, 5", "::-1, 3:60:7", "10:50, 15:17", "59, 69" };
    for (int p = 0; p < PLACES; p++) {
        ash_context *ctx = context_with(2, NULL);
        ash_array a = ash_rechunk(ash_reshape(ash_sin(ash_cast(ash_arange(ctx, 0, 4200, 1, NULL), ASH_FLOAT64)), "60,70"), "23,16");
        ash_array kept = ash_persist(a, places[p]);
        for (size_t k = 0; k < sizeof parts / sizeof *parts; k++) {
            assert_same(ash_index(a, parts[k]), ash_index(kept, parts[k]));
        }
        assert_same(ash_mean(a, "0"), ash_mean(kept, "0")); /* the chunks stay, so the bits do */
        assert_same(ash_sum(a, NULL), ash_sum(kept, NULL));
        ash_context_free(ctx);
    }
}

/* Without parents: they may go. */
static void scopes_and_what_was_below(void **state) {
    (void)state;
    for (int p = 0; p < PLACES; p++) {
        ash_context *ctx = context_with(1, NULL);
        double values[100], found[100];
        assert_done(ctx, ash_scope_begin(ctx));
        for (int k = 0; k < 100; k++) {
            values[k] = k;
        }
        ash_make_options named = { .dims = "x", .chunks = "30" };
        ash_array kept = ash_persist(ash_from_buffer(ctx, ASH_FLOAT64, 1, (int64_t[]){ 100 }, values, &named), places[p]);
        assert_done(ctx, ash_scope_end(ctx, &kept, 1));
        memset(values, 0, sizeof values);
        assert_string_equal(ash_dim_name(kept, 0), "x");
        assert_done(ctx, ash_compute(kept, found, sizeof found, NULL));
        assert_true(found[99] == 99);
        assert_done(ctx, ash_scope_begin(ctx));
        ash_array other = ash_persist(kept, places[p]);
        assert_done(ctx, ash_scope_end(ctx, NULL, 0));
        assert_int_equal(ash_compute(other, found, sizeof found, NULL), ASH_ERR_HANDLE);
        assert_int_equal(ash_release(other), ASH_ERR_HANDLE);
        ash_context_free(ctx);
    }
}

static void released_once(void **state) {
    (void)state;
    for (int p = 0; p < PLACES; p++) {
        ash_context *ctx = context_with(1, NULL);
        ash_array a = ash_arange(ctx, 0, 1000, 1, NULL), kept = ash_persist(a, places[p]), user = ash_sum(kept, NULL),
                  again = ash_index(kept, "3:5");
        int64_t value;
        assert_done(ctx, ash_compute(user, &value, 8, NULL));
        assert_done(ctx, ash_release(kept));
        assert_int_equal(ash_release(kept), ASH_ERR_HANDLE);
        assert_sentence(ctx, ASH_ERR_HANDLE, "given back by ash_release()");
        assert_int_equal(ash_compute(user, &value, 8, NULL), ASH_ERR_HANDLE);
        assert_sentence(ctx, ASH_ERR_HANDLE, "given back by ash_release()");
        assert_null(ash_explain(ctx, 1, &again, NULL));
        assert_int_equal(ash_array_status(ash_add(kept, a)), ASH_ERR_HANDLE);
        assert_int_equal(ash_array_status(ash_persist(user, NULL)), ASH_ERR_HANDLE);
        assert_done(ctx, ash_compute(ash_sum(a, NULL), &value, 8, NULL)); /* others go on */
        assert_int_equal(ash_release(a), ASH_ERR_HANDLE);
        assert_sentence(ctx, ASH_ERR_HANDLE, "release: a must be a result of ash_persist()");
        assert_int_equal(ash_release((ash_array){ 0 }), ASH_ERR_HANDLE);
        ash_context_free(ctx);
    }
}

static void memory_counts(void **state) {
    (void)state;
    ash_context *ctx = ash_context_new(&(ash_context_options){ .num_threads = 1, .memory_limit = 4 << 20 });
    ash_array a = ash_sqrt(ash_cast(ash_arange(ctx, 0, 200000, 1, &(ash_make_options){ .chunks = "5000" }), ASH_FLOAT64));
    ash_plan_info before = { 0 }, after = { 0 };
    ash_array sum = ash_sum(a, NULL);
    assert_done(ctx, ash_plan_query(ctx, 1, &sum, NULL, &before));
    ash_array kept = ash_persist(a, "memory");
    assert_good(kept);
    assert_done(ctx, ash_plan_query(ctx, 1, &sum, NULL, &after));
    assert_int_equal(after.memory_limit, 4 << 20);
    assert_int_equal(after.least_limit - before.least_limit, 1600000);
    /* The least limit is one that works, and the last that does. */
    int64_t total;
    ash_compute_options options = { .size = sizeof options };
    ash_array integer = ash_sum(ash_arange(ctx, 0, 200000, 1, &(ash_make_options){ .chunks = "5000" }), NULL);
    assert_done(ctx, ash_plan_query(ctx, 1, &integer, NULL, &after));
    options.memory_limit = after.least_limit;
    assert_done(ctx, ash_compute(integer, &total, sizeof total, &options));
    options.memory_limit--;
    assert_int_equal(ash_compute(integer, &total, sizeof total, &options), ASH_ERR_LIMIT);
    assert_sentence(ctx, ASH_ERR_LIMIT, "persisted arrays hold 1.5 MiB of that");
    assert_good(ash_persist(a, "memory"));
    assert_int_equal(ash_array_status(ash_persist(a, "memory")), ASH_ERR_LIMIT);
    assert_sentence(ctx, ASH_ERR_LIMIT, "persist: the array has 1.5 MiB (1600000 bytes)");
    assert_good(ash_persist(a, "scratch"));
    assert_done(ctx, ash_release(kept));
    assert_good(ash_persist(a, "memory"));
    ash_context_free(ctx);
}

/* Names, attributes, coordinates with theirs, and the grid of chunks. */
static void what_belongs_to_it_stays(void **state) {
    (void)state;
    for (int p = 0; p < PLACES; p++) {
        ash_context *ctx = context_with(2, NULL);
        ash_array lat = ash_set_attr(ash_linspace(ctx, -10, 10, 5, NULL), "units", "degrees_north");
        ash_array a = ash_ones(ctx, ASH_FLOAT32, 2, (int64_t[]){ 7, 5 }, &(ash_make_options){ .dims = "time,lat", .chunks = "2+4+1, 3" });
        a = ash_set_attr_real(ash_set_attr(ash_set_coord(ash_mul(a, lat), "lat", lat), "units", "K"), "valid_min", 0.5);
        ash_array kept = ash_persist(ash_persist(a, places[p]), places[PLACES - 1 - p]);
        double number = 0;
        assert_string_equal(ash_dim_name(kept, 0), "time");
        assert_string_equal(ash_attr(kept, "units"), "K");
        assert_true(ash_attr_real(kept, "valid_min", &number) && number == 0.5);
        assert_string_equal(ash_attr(ash_coord(kept, "lat"), "units"), "degrees_north");
        assert_same(ash_coord(a, "lat"), ash_coord(kept, "lat"));
        assert_false(ash_has_coord(kept, "time"));
        assert_int_equal(ash_chunk_count(kept, 0), 3);
        assert_int_equal(ash_chunk_extent(kept, 0, 1), 4);
        assert_same(a, kept);
        assert_same(ash_sel(a, "lat=0:20"), ash_sel(kept, "lat=0:20"));
        ash_context_free(ctx);
    }
}

static atomic_int calls;

/* Quotient and remainder by 7. */
static ash_status divide(const ash_function_call *call, void *user) {
    const int64_t *in = call->input[0]->data;
    (void)user;
    atomic_fetch_add(&calls, 1);
    for (int64_t i = 0; i < call->input[0]->extent[0]; i++) {
        ((int64_t *)call->output[0]->data)[i] = in[i] / 7;
        ((int64_t *)call->output[1]->data)[i] = in[i] % 7;
    }
    return ASH_OK;
}

/* One output of several is an array like any other, and so are extents that follow from the data. What is persisted is not called again. */
static void several_outputs_and_selections(void **state) {
    (void)state;
    for (int p = 0; p < PLACES; p++) {
        ash_context *ctx = context_with(2, NULL);
        assert_done(ctx, ash_register(ctx, &(ash_function_definition){ .name = "divide", .function = divide }));
        ash_array a = ash_arange(ctx, 0, 100, 1, &(ash_make_options){ .chunks = "30" }), both[2], kept[2];
        ash_map_output outputs[2] = { { .dtype = ASH_INT64 }, { .dtype = ASH_INT64 } };
        ash_map_blocks_with(ctx, "divide", 1, &a, 2, outputs, NULL, both);
        atomic_store(&calls, 0);
        kept[1] = ash_persist(both[1], places[p]);
        kept[0] = ash_persist(both[0], places[p]);
        assert_int_equal(atomic_load(&calls), 8); /* each runs by itself */
        assert_same(ash_add(ash_mul(kept[0], ash_int(ctx, 7)), kept[1]), a);
        assert_int_equal(atomic_load(&calls), 8);
        ash_array large = ash_persist(ash_masked_select(a, ash_greater(a, ash_int(ctx, 41))), places[p]);
        assert_int_equal(ash_size(large), 58);
        assert_same(large, ash_arange(ctx, 42, 100, 1, NULL));
        ash_context_free(ctx);
    }
}

/* Giving back waits for what was submitted, which then has its values; what comes later is refused. */
static void released_while_futures_need_it(void **state) {
    (void)state;
    for (int p = 0; p < PLACES; p++) {
        ash_context *ctx = context_with(2, NULL);
        ash_array kept = ash_persist(ash_arange(ctx, 0, 100000, 1, &(ash_make_options){ .chunks = "100" }), places[p]);
        ash_future *before[10];
        int64_t sum = 0;
        for (int k = 0; k < 10; k++) {
            before[k] = ash_submit(ash_sum(ash_mul(kept, ash_int(ctx, k)), NULL), NULL);
        }
        assert_done(ctx, ash_release(kept));
        for (int k = 0; k < 10; k++) {
            assert_int_equal(ash_future_status(before[k]), ASH_FUTURE_FINISHED);
            assert_done(ctx, ash_future_result(before[k], &sum, sizeof sum));
            assert_int_equal(sum, k * INT64_C(4999950000));
        }
        ash_future *after = ash_submit(kept, NULL);
        assert_int_equal(ash_future_status(after), ASH_FUTURE_ERROR);
        assert_non_null(strstr(ash_future_error(after), "given back by ash_release()"));
        /* One whose scope ends meanwhile stays until then, too. */
        assert_done(ctx, ash_scope_begin(ctx));
        kept = ash_persist(ash_arange(ctx, 0, 100000, 1, &(ash_make_options){ .chunks = "100" }), places[p]);
        after = ash_submit(ash_sum(kept, NULL), NULL);
        assert_done(ctx, ash_scope_end(ctx, NULL, 0));
        assert_done(ctx, ash_future_result(after, &sum, sizeof sum));
        assert_int_equal(sum, INT64_C(4999950000));
        ash_context_free(ctx);
    }
}

/* All that a context keeps counts, for its runs, futures and further results. */
static void limits_hold(void **state) {
    (void)state;
    ash_context *ctx = ash_context_new(&(ash_context_options){ .num_threads = 1, .memory_limit = 4 << 20, .scratch = "." });
    int64_t n = 300000;
    ash_array a = ash_ones(ctx, ASH_FLOAT64, 1, &n, &(ash_make_options){ .chunks = "5000" });
    ash_future *held = ash_submit(a, NULL);
    assert_int_equal(ash_future_wait(held, -1), ASH_FUTURE_FINISHED);
    assert_int_equal(ash_array_status(ash_persist(a, "memory")), ASH_ERR_LIMIT);
    assert_sentence(ctx, ASH_ERR_LIMIT, "of which other results hold 2400000 bytes; use \"scratch\"");
    ash_future_release(held);
    ash_array kept = ash_persist(a, "memory");
    assert_good(kept);
    assert_true(ash_last_run(ctx).memory_limit == 4 << 20 && ash_last_run(ctx).peak_bytes > 8 * n);
    ash_future *refused = ash_submit(a, NULL);
    assert_int_equal(ash_future_status(refused), ASH_FUTURE_ERROR);
    assert_non_null(strstr(ash_future_error(refused), "submit: the memory limit is 4 MiB"));
    assert_non_null(strstr(ash_future_error(refused), "persisted arrays hold 2.3 MiB of that; results of futures hold 2.3 MiB of that"));
    ash_future_release(refused);
    assert_done(ctx, ash_release(kept));
    /* The places of chunks on scratch count in the plans that read them. */
    ash_array fine = ash_persist(ash_zeros(ctx, ASH_UINT8, 1, (int64_t[]){ 20000 }, &(ash_make_options){ .chunks = "1" }), "scratch");
    ash_array coarse = ash_persist(ash_zeros(ctx, ASH_UINT8, 1, (int64_t[]){ 20000 }, &(ash_make_options){ .chunks = "20000" }), "scratch");
    ash_plan_info many = { 0 }, one = { 0 };
    many.size = one.size = sizeof many;
    assert_done(ctx, ash_plan_query(ctx, 1, (ash_array[]){ ash_index(fine, "7") }, NULL, &many));
    assert_done(ctx, ash_plan_query(ctx, 1, (ash_array[]){ ash_index(coarse, "7") }, NULL, &one));
    assert_true(many.reserve_bytes >= 12 * 20000);
    assert_true(one.reserve_bytes > 0);
    ash_context_free(ctx);
}

/* Overwrites a byte in the middle of the only file without a name. */
static void damage(off_t at) {
    for (int fd = 3; fd < 64; fd++) {
        char link[64], target[256] = { 0 }, byte;
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        if (readlink(link, target, sizeof target - 1) > 0 && strstr(target, "(deleted)")) {
            assert_int_equal(pread(fd, &byte, 1, at), 1);
            byte ^= 4;
            assert_int_equal(pwrite(fd, &byte, 1, at), 1);
        }
    }
}

/* One bit: every box of the chunk that it lies in is an error, which says what was read and from where; others are as before. */
static void scratch_that_was_changed(void **state) {
    (void)state;
    ash_context *ctx = ash_context_new(&(ash_context_options){ .num_threads = 2, .scratch = "." });
    ash_array a = ash_arange(ctx, 0, 1000, 1, &(ash_make_options){ .chunks = "100" });
    ash_array kept = ash_persist(a, "scratch"), sum = ash_sum(kept, NULL);
    int64_t value = 0;
    assert_done(ctx, ash_compute(sum, &value, sizeof value, NULL));
    damage(8 * 555 + 2);
    static const char *const parts[] = { "555", "500:510", "590:700", "::-50", ":" };
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++) {
        assert_int_equal(ash_compute(ash_sum(ash_index(kept, parts[k]), NULL), &value, sizeof value, NULL), ASH_ERR_IO);
        assert_sentence(ctx, ASH_ERR_IO, "array on scratch: variable 'array', box of shape (");
        assert_sentence(ctx, ASH_ERR_IO, "scratch in '.' does not hold what was written to it");
    }
    assert_int_equal(ash_array_status(ash_persist(kept, "scratch")), ASH_ERR_IO);
    ash_future *future = ash_submit(sum, NULL);
    assert_int_equal(ash_future_wait(future, -1), ASH_FUTURE_ERROR);
    assert_non_null(strstr(ash_future_error(future), "does not hold what was written"));
    assert_same(ash_index(a, "600:"), ash_index(kept, "600:"));
    assert_same(ash_index(a, ":500"), ash_index(kept, ":500"));
    damage(8 * 555 + 2); /* and back */
    assert_same(a, kept);
    ash_context_free(ctx);
}

static ash_fingerprint print_of(int factor, const char *place) {
    ash_context *ctx = context_with(1, NULL);
    ash_array a = ash_mul(ash_arange(ctx, 0, 1000, 1, &(ash_make_options){ .chunks = "100" }), ash_int(ctx, factor));
    ash_array kept = ash_persist(a, place);
    assert_good(kept);
    ash_value value = { ash_context_find(ctx, kept.serial), 0 };
    ash_fingerprint print = { { 0 } };
    ash_fingerprint_values(&print, ctx, 1, &value);
    ash_context_free(ctx);
    return print;
}

/* A write that goes on takes equal values for equal, in another process too, and no others: on scratch by their checksums. */
static void told_apart_by_values(void **state) {
    (void)state;
    for (int p = 0; p < PLACES; p++) {
        ash_fingerprint one = print_of(1, places[p]), again = print_of(1, places[p]), other = print_of(2, places[p]);
        assert_memory_equal(&one, &again, sizeof one);
        assert_memory_not_equal(&one, &other, sizeof one);
    }
}

static void what_is_wrong_is_told(void **state) {
    (void)state;
    ash_context *ctx = ash_context_new(&(ash_context_options){ .num_threads = 1, .scratch = "none" });
    ash_array a = ash_arange(ctx, 0, 10, 1, NULL);
    assert_int_equal(ash_array_status(ash_persist(a, "disk")), ASH_ERR_ARGUMENT);
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "persist: where must be memory or scratch, found 'disk'");
    assert_int_equal(ash_array_status(ash_persist(a, "scratch")), ASH_ERR_ARGUMENT);
    assert_int_equal(ash_array_status(ash_persist((ash_array){ 0 }, NULL)), ASH_ERR_HANDLE);
    assert_int_equal(ash_array_status(ash_persist(ash_index(a, "11"), NULL)), ASH_ERR_INDEX);
    ash_context_free(ctx);
    ctx = ash_context_new(&(ash_context_options){ .num_threads = 1, .scratch = "/nonexistent" });
    assert_int_equal(ash_array_status(ash_persist(ash_arange(ctx, 0, 10, 1, NULL), "scratch")), ASH_ERR_IO);
    ash_context_free(ctx);
}

static void a_full_disk(void **state) {
    (void)state;
    struct rlimit old, small = { 0 };
    ash_context *ctx = context_with(1, NULL);
    ash_array a = ash_arange(ctx, 0, 100000, 1, NULL);
    getrlimit(RLIMIT_FSIZE, &old);
    small = old;
    small.rlim_cur = 65536;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    ash_status status = ash_array_status(ash_persist(a, "scratch"));
    setrlimit(RLIMIT_FSIZE, &old);
    assert_int_equal(status, ASH_ERR_IO);
    assert_good(ash_persist(a, "scratch"));
    ash_context_free(ctx);
}

static void allocations_that_fail(void **state) {
    (void)state;
    for (int p = 0; p < 2; p++) {
        int failures = 0;
        for (int64_t fail = 1; fail < 4000; fail++) {
            ash_context *ctx = context_with(1, NULL);
            int64_t values[60];
            ash_array a = ash_arange(ctx, 0, 60, 1, &(ash_make_options){ .dims = "x", .chunks = "7+13+40" });
            assert_good(a);
            ash_fail_allocations(fail, 1);
            ash_array kept = ash_persist(a, places[p]);
            int done = ash_array_status(kept) == ASH_OK && ash_compute(kept, values, sizeof values, NULL) == ASH_OK;
            int64_t left = ash_fail_allocations_left();
            ash_fail_allocations(0, 0);
            failures += !done;
            assert_true(!done || values[59] == 59);
            if (!done && ash_error_status(ctx) != ASH_ERR_MEMORY) {
                fail_msg("allocation %lld: %s", (long long)fail, ash_error(ctx));
            }
            ash_context_free(ctx);
            if (left > 0) {
                break;
            }
        }
        assert_true(failures > 20);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_dtypes_and_shapes),
        cmocka_unit_test(parts_are_read),
        cmocka_unit_test(scopes_and_what_was_below),
        cmocka_unit_test(released_once),
        cmocka_unit_test(memory_counts),
        cmocka_unit_test(what_belongs_to_it_stays),
        cmocka_unit_test(several_outputs_and_selections),
        cmocka_unit_test(released_while_futures_need_it),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(scratch_that_was_changed),
        cmocka_unit_test(told_apart_by_values),
        cmocka_unit_test(what_is_wrong_is_told),
        cmocka_unit_test(a_full_disk),
        cmocka_unit_test(allocations_that_fail),
    };
    return cmocka_run_group_tests_name("persist", tests, NULL, NULL);
}
