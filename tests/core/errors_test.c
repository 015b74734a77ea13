/* Errors are sentences: the function, the argument, what was expected and what was found. And nothing crashes, whatever it is given. */
#include "core_test.h"
#include "oracle.h"

#include <math.h>

/* The array is failed with this status; its sentence begins with the function's name and holds the words. */
static void refused(ash_context *ctx, ash_array a, ash_status status, const char *function, const char *words) {
    assert_int_equal(ash_array_status(a), status);
    assert_int_equal(ash_array_dtype(a), ASH_DTYPE_COUNT);
    assert_int_equal(ash_ndim(a), -1);
    assert_int_equal(ash_shape(a, (int64_t[ASH_MAX_NDIM]){ 0 }), -1);
    ash_error_clear(ctx);
    assert_false(ash_ok(a));
    assert_sentence(ctx, status, words);
    size_t length = strlen(function);
    if (strncmp(ash_error(ctx), function, length) != 0 || ash_error(ctx)[length] != ':') {
        fail_msg("expected a sentence of '%s', found '%s'", function, ash_error(ctx));
    }
}

static const double data[24];

static ash_array array_of(ash_context *ctx, const char *dims, int ndim, int64_t a, int64_t b, int64_t c) {
    return ash_from_buffer(ctx, ASH_FLOAT64, ndim, (int64_t[]){ a, b, c }, data, &(ash_make_options){ .dims = dims });
}

/* ---- Makers ---- */

static void makers(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    const int64_t shape[3] = { 2, 3, 4 }, negative[1] = { -1 }, huge[3] = { INT64_MAX, 2, 1 };
    int64_t many[20];
    for (int k = 0; k < 20; k++) {
        many[k] = 1;
    }
    refused(ctx, ash_from_buffer(ctx, (ash_dtype)99, 1, shape, data, NULL), ASH_ERR_DTYPE, "from_buffer", "99 is not a dtype");
    refused(ctx, ash_from_buffer(ctx, (ash_dtype)-1, 1, shape, data, NULL), ASH_ERR_DTYPE, "from_buffer", "-1 is not a dtype");
    refused(ctx, ash_from_buffer(ctx, ASH_FLOAT64, 3, shape, NULL, NULL), ASH_ERR_ARGUMENT, "from_buffer",
        "data is NULL for an array of 24 elements");
    refused(ctx, ash_from_buffer(ctx, ASH_FLOAT64, 3, NULL, data, NULL), ASH_ERR_SHAPE, "from_buffer", "no shape");
    refused(ctx, ash_zeros(ctx, ASH_FLOAT64, 17, many, NULL), ASH_ERR_SHAPE, "zeros", "from 0 to 16");
    refused(ctx, ash_zeros(ctx, ASH_FLOAT64, -1, shape, NULL), ASH_ERR_SHAPE, "zeros", "found -1");
    refused(ctx, ash_ones(ctx, ASH_FLOAT64, 1, negative, NULL), ASH_ERR_SHAPE, "ones", "axis 0 must be >= 0");
    refused(ctx, ash_zeros(ctx, ASH_INT8, 3, huge, NULL), ASH_ERR_SHAPE, "zeros", "address space");
    refused(ctx, ash_zeros(ctx, ASH_INT8, 2, shape, &(ash_make_options){ .dims = "x" }), ASH_ERR_ARGUMENT, "zeros",
        "2 dimensions, found 1 names");
    refused(ctx, ash_zeros(ctx, ASH_INT8, 2, shape, &(ash_make_options){ .dims = "x,x" }), ASH_ERR_ARGUMENT, "zeros", "'x' stands twice");
    refused(ctx, ash_zeros(ctx, ASH_INT8, 2, shape, &(ash_make_options){ .dims = "x,1" }), ASH_ERR_ARGUMENT, "zeros",
        "'1' would read as a position");
    refused(ctx, ash_zeros(ctx, ASH_INT8, 2, shape, &(ash_make_options){ .chunks = "1" }), ASH_ERR_SHAPE, "zeros",
        "2 dimensions, found 1 sizes");
    refused(ctx, ash_zeros(ctx, ASH_INT8, 2, shape, &(ash_make_options){ .chunks = "1,2+2" }), ASH_ERR_SHAPE, "zeros",
        "add up to 4, its extent is 3");
    refused(ctx, ash_zeros(ctx, ASH_INT8, 2, shape, &(ash_make_options){ .chunks = "1,-2" }), ASH_ERR_ARGUMENT, "zeros", "found '-2'");
    refused(ctx, ash_full(ctx, ASH_INT8, 1, shape, ash_int(ctx, 300), NULL), ASH_ERR_ARGUMENT, "full", "300 does not fit int8");
    refused(ctx, ash_full(ctx, ASH_FLOAT64, 1, shape, ash_complex(ctx, 1, 1), NULL), ASH_ERR_DTYPE, "full", "complex");
    refused(ctx, ash_full(ctx, ASH_FLOAT64, 1, shape, ash_zeros(ctx, ASH_INT8, 1, shape, NULL), NULL), ASH_ERR_ARGUMENT, "full",
        "must be a scalar");
    refused(ctx, ash_full(ctx, (ash_dtype)50, 1, shape, ash_real(ctx, 1), NULL), ASH_ERR_DTYPE, "full", "50 is not a dtype");
    refused(ctx, ash_arange(ctx, 0, 3, 0, NULL), ASH_ERR_ARGUMENT, "arange", "step must not be 0");
    refused(ctx, ash_linspace(ctx, 0, 3, -1, NULL), ASH_ERR_SHAPE, "linspace", "found -1");
    refused(ctx, ash_cast(ash_real(ctx, 1), (ash_dtype)50), ASH_ERR_DTYPE, "cast", "50 is not a dtype");
    ash_context_free(ctx);
}

/* ---- Elementwise ---- */

static void combinations(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL), *other = context_with(1, NULL);
    ash_array a = array_of(ctx, "", 2, 3, 4, 0), b = array_of(ctx, "", 2, 3, 5, 0), c = array_of(ctx, "y,x", 2, 3, 4, 0),
              d = array_of(ctx, "x,y", 2, 5, 3, 0);
    refused(ctx, ash_add(a, b), ASH_ERR_SHAPE, "add", "shapes (3, 4) and (3, 5) do not broadcast");
    refused(ctx, ash_mul(c, d), ASH_ERR_SHAPE, "mul", "dimension 'x'");
    refused(ctx, ash_where(ash_bool(ctx, true), a, b), ASH_ERR_SHAPE, "where", "(must be equal or 1)");
    refused(ctx, ash_add(a, ash_real(other, 1)), ASH_ERR_HANDLE, "add", "b belongs to another context");
    refused(ctx, ash_add(a, (ash_array){ 0 }), ASH_ERR_HANDLE, "add", "b is not an array");
    refused(ctx, ash_add((ash_array){ 0 }, a), ASH_ERR_HANDLE, "add", "a is not an array");
    refused(ctx, ash_add(a, (ash_array){ .context = ctx, .serial = 4000 }), ASH_ERR_HANDLE, "add", "b is not an array of this context");
    refused(ctx, ash_add(a, (ash_array){ .context = ctx, .serial = a.serial, .output = 1 }), ASH_ERR_HANDLE, "add",
        "b is not an array of this context");
    refused(ctx, ash_sub(ash_bool(ctx, true), ash_cast(a, ASH_BOOL)), ASH_ERR_DTYPE, "sub",
        "does not accept bool (accepts signed integers, unsigned integers, floating, complex)");
    refused(ctx, ash_floor_divide(ash_cast(a, ASH_COMPLEX64), a), ASH_ERR_DTYPE, "floor_divide", "does not accept complex128");
    refused(ctx, ash_bitwise_and(a, a), ASH_ERR_DTYPE, "bitwise_and", "does not accept float64");
    /* Names and positions that collide. */
    refused(ctx, ash_add(array_of(ctx, "x,", 2, 3, 3, 0), array_of(ctx, ",x", 2, 3, 3, 0)), ASH_ERR_DIMENSION, "add",
        "name all of them or none");
    ash_context_free(other);
    ash_context_free(ctx);
}

static void coordinates_must_agree(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    ash_array a = array_of(ctx, "x", 1, 4, 0, 0), p = ash_arange(ctx, 0, 4, 1, NULL), q = ash_arange(ctx, 1, 5, 1, NULL);
    ash_array with_p = ash_set_coord(a, "x", p), with_q = ash_set_coord(a, "x", q);
    assert_good(ash_add(with_p, with_p));
    assert_good(ash_add(with_p, a));
    refused(ctx, ash_add(with_p, with_q), ASH_ERR_DIMENSION, "add", "ash_drop_coords()");
    assert_good(ash_add(with_p, ash_drop_coords(with_q, "x")));
    refused(ctx, ash_set_coord(a, "y", p), ASH_ERR_DIMENSION, "set_coord", "no dimension 'y' in (x)");
    refused(ctx, ash_set_coord(a, NULL, p), ASH_ERR_ARGUMENT, "set_coord", "dim must name one dimension");
    refused(ctx, ash_set_coord(a, "x", ash_arange(ctx, 0, 5, 1, NULL)), ASH_ERR_SHAPE, "set_coord",
        "must be 1-D with extent 4, found 1-D with 5 elements");
    refused(ctx, ash_set_coord(ash_set_dims(a, ""), "0", p), ASH_ERR_DIMENSION, "set_coord", "has no name");
    refused(ctx, ash_set_coord(a, "x", ash_cast(p, ASH_COMPLEX64)), ASH_ERR_DTYPE, "set_coord", "must be real");
    refused(ctx, ash_coord(a, "x"), ASH_ERR_NOT_FOUND, "coord", "'x' has no coordinate");
    refused(ctx, ash_coord(a, "0,0"), ASH_ERR_ARGUMENT, "coord", "named twice");
    refused(ctx, ash_drop_coords(a, "lat"), ASH_ERR_DIMENSION, "drop_coords", "no dimension 'lat'");
    refused(ctx, ash_set_dims(a, "x,y"), ASH_ERR_ARGUMENT, "set_dims", "found 2 names");
    refused(ctx, ash_set_attr(a, "", "text"), ASH_ERR_ARGUMENT, "set_attr", "no name");
    refused(ctx, ash_set_attr(a, NULL, "text"), ASH_ERR_ARGUMENT, "set_attr", "no name");
    refused(ctx, ash_time_field(a, "month"), ASH_ERR_NOT_FOUND, "time_field", "no attribute 'units'");
    refused(ctx, ash_time_field(a, "moth"), ASH_ERR_ARGUMENT, "time_field", "did you mean 'month'?");
    refused(ctx, ash_time_field(a, NULL), ASH_ERR_ARGUMENT, "time_field", "no field");
    refused(ctx, ash_time_field(ash_set_attr(a, "units", "moons since 1900-01-01"), "month"), ASH_ERR_UNSUPPORTED, "time_field", "moons");
    refused(ctx, ash_time_field(ash_set_attr(a, "units", "kelvin"), "month"), ASH_ERR_ARGUMENT, "time_field", "kelvin");
    ash_context_free(ctx);
}

/* ---- Shape and reductions ---- */

static void indices(void **state) {
    (void)state;
    static const struct {
        const char *text;
        ash_status status;
        const char *words;
    } rows[] = {
        { "7", ASH_ERR_INDEX, "axis 0 ('y') has extent 3, found index 7" },
        { "0, -5", ASH_ERR_INDEX, "axis 1 ('x') has extent 4, found index -5" },
        { "0, 0, 0", ASH_ERR_INDEX, "2 dimensions, found 3 indices" },
        { "::0", ASH_ERR_ARGUMENT, "step of '::0' is 0" },
        { "1:2:3:4", ASH_ERR_ARGUMENT, "found '1:2:3:4'" },
        { "a", ASH_ERR_ARGUMENT, "found 'a'" },
        { "0,,0", ASH_ERR_ARGUMENT, "part 2" },
        { "..., 0, ...", ASH_ERR_ARGUMENT, "more than one ..." },
        { "y=0, 1", ASH_ERR_ARGUMENT, "positions and names are mixed" },
        { "y=0, y=1", ASH_ERR_ARGUMENT, "indexed twice" },
        { "z=0", ASH_ERR_DIMENSION, "no dimension 'z' in (y, x)" },
        { "99999999999999999999", ASH_ERR_INDEX, "64-bit" },
        { "newaxis,newaxis,newaxis,newaxis,newaxis,newaxis,newaxis,newaxis,newaxis,newaxis,newaxis,newaxis,newaxis,newaxis,newaxis",
            ASH_ERR_SHAPE, "17 dimensions" },
    };
    ash_context *ctx = context_with(1, NULL);
    ash_array a = array_of(ctx, "y,x", 2, 3, 4, 0);
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        refused(ctx, ash_index(a, rows[k].text), rows[k].status, "index", rows[k].words);
    }
    refused(ctx, ash_index(a, NULL), ASH_ERR_ARGUMENT, "index", "NULL");
    refused(ctx, ash_transpose(a, "x"), ASH_ERR_DIMENSION, "transpose", "must name all 2 dimensions, found 1");
    refused(ctx, ash_transpose(a, "x,x"), ASH_ERR_ARGUMENT, "transpose", "named twice");
    refused(ctx, ash_squeeze(a, "x"), ASH_ERR_SHAPE, "squeeze", "axis 1 has extent 4, expected 1");
    refused(ctx, ash_broadcast_to(a, 1, (int64_t[]){ 4 }), ASH_ERR_SHAPE, "broadcast_to", "from 2");
    refused(ctx, ash_broadcast_to(a, 2, NULL), ASH_ERR_SHAPE, "broadcast_to", "shape");
    refused(ctx, ash_broadcast_to(a, 2, (int64_t[]){ 3, 5 }), ASH_ERR_SHAPE, "broadcast_to", "axis 1 has extent 4, expected 1 or 5");
    refused(ctx, ash_broadcast_to(a, 3, (int64_t[]){ -1, 3, 4 }), ASH_ERR_SHAPE, "broadcast_to", "found -1");
    refused(ctx, ash_rechunk(a, NULL), ASH_ERR_ARGUMENT, "rechunk", "NULL");
    refused(ctx, ash_rechunk(a, "1,2,3"), ASH_ERR_SHAPE, "rechunk", "2 dimensions, found 3 sizes");
    refused(ctx, ash_rechunk(a, "time=1"), ASH_ERR_DIMENSION, "rechunk", "no dimension 'time'");
    refused(ctx, ash_sum(a, "lat"), ASH_ERR_DIMENSION, "sum", "no dimension 'lat' in (y, x)");
    refused(ctx, ash_sum(a, "2"), ASH_ERR_DIMENSION, "sum", "no axis 2, the array has 2 dimensions");
    refused(ctx, ash_mean(a, "x,-1"), ASH_ERR_ARGUMENT, "mean", "named twice");
    refused(ctx, ash_var(a, "x,,y"), ASH_ERR_ARGUMENT, "var", "found nothing");
    refused(ctx, ash_min(array_of(ctx, "", 2, 3, 0, 0), "1"), ASH_ERR_SHAPE, "min", "axis 1 has no elements");
    ash_array labels = ash_arange(ctx, 0, 3, 1, NULL);
    refused(ctx, ash_group_sum(a, "x", labels), ASH_ERR_SHAPE, "group_sum", "must be 1-D with extent 4, found 1-D with 3 elements");
    refused(ctx, ash_group_sum(a, "y,x", labels), ASH_ERR_DIMENSION, "group_sum", "must name one dimension");
    refused(ctx, ash_group_sum(a, "y", ash_cast(labels, ASH_FLOAT32)), ASH_ERR_DTYPE, "group_sum", "must be integers, found float32");
    refused(ctx, ash_group_sum_with(a, "y", labels, &(ash_reduce_options){ .groups = -1 }), ASH_ERR_ARGUMENT, "group_sum", "found -1");
    refused(ctx, ash_group_sum(a, "y", ash_set_dims(labels, "x")), ASH_ERR_DIMENSION, "group_sum", "'x'");
    refused(ctx, ash_group_take(a, "y", ash_int(ctx, 0)), ASH_ERR_SHAPE, "group_take", "must be 1-D");
    refused(ctx, ash_group_take(a, NULL, labels), ASH_ERR_DIMENSION, "group_take", "must name one dimension");
    ash_context_free(ctx);
}

/* ---- Errors travel ---- */

static void the_first_cause_is_reported(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    ash_array a = array_of(ctx, "y,x", 2, 3, 4, 0), failed = ash_index(a, "9"), out[2];
    ash_divmod(failed, a, &out[0], &out[1]);
    const ash_array chains[] = { ash_sum(ash_add(ash_mul(failed, a), ash_sin(failed)), NULL), ash_cast(failed, ASH_INT8),
        ash_transpose(failed, "nonsense"), ash_group_mean(a, "y", failed), ash_set_coord(a, "x", failed),
        ash_full(ctx, ASH_INT8, 0, NULL, failed, NULL), ash_where(failed, a, a), out[0], out[1], ash_rechunk(failed, "1"),
        ash_time_field(failed, "year"), ash_set_attr(failed, "a", "b"), ash_coord(failed, "x"), ash_group_take(failed, "y", a) };
    for (size_t k = 0; k < sizeof chains / sizeof chains[0]; k++) {
        refused(ctx, chains[k], ASH_ERR_INDEX, "index", "axis 0 ('y') has extent 3, found index 9");
    }
    double value;
    ash_error_clear(ctx);
    assert_int_equal(ash_compute(chains[0], &value, sizeof value, NULL), ASH_ERR_INDEX);
    assert_sentence(ctx, ASH_ERR_INDEX, "index: axis 0 ('y') has extent 3, found index 9");
    ash_error_clear(ctx);
    assert_null(ash_explain(ctx, 1, chains, NULL));
    assert_sentence(ctx, ASH_ERR_INDEX, "index:");
    ash_plan_info info = { 0 };
    assert_int_equal(ash_plan_query(ctx, 1, chains, NULL, &info), ASH_ERR_INDEX);
    assert_int_equal(ash_write(chains[0], "/nonexistent/file.nc", "x", NULL), ASH_ERR_INDEX);
    /* The context goes on, and a success leaves the last error recorded until it is cleared. */
    double values[12];
    assert_done(ctx, ash_compute(a, values, sizeof values, NULL));
    assert_sentence(ctx, ASH_ERR_INDEX, "index:");
    ash_error_clear(ctx);
    assert_string_equal(ash_error(ctx), "");
    assert_int_equal(ash_error_status(ctx), ASH_OK);
    ash_context_free(ctx);
}

static void doers(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL), *other = context_with(1, NULL);
    ash_array a = array_of(ctx, "y,x", 2, 3, 4, 0);
    double values[12];
    assert_int_equal(ash_compute(a, values, sizeof values - 1, NULL), ASH_ERR_ARGUMENT);
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "compute: the buffer of a must have 96 bytes (12 elements of float64), found 95");
    assert_int_equal(ash_compute(a, NULL, sizeof values, NULL), ASH_ERR_ARGUMENT);
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "at NULL");
    assert_int_equal(ash_compute((ash_array){ 0 }, values, sizeof values, NULL), ASH_ERR_HANDLE);
    assert_int_equal(ash_compute(a, values, sizeof values, &(ash_compute_options){ .executor = "magic" }), ASH_ERR_ARGUMENT);
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "executor must be serial, openmp, or ranks:N with N from 1 to 64, found 'magic'");
    assert_int_equal(ash_compute(a, values, sizeof values, &(ash_compute_options){ .num_threads = -1 }), ASH_ERR_ARGUMENT);
    assert_int_equal(ash_compute(a, values, sizeof values, &(ash_compute_options){ .memory_limit = -1 }), ASH_ERR_ARGUMENT);
    assert_int_equal(ash_compute(a, values, sizeof values, &(ash_compute_options){ .piece_bytes = -1 }), ASH_ERR_ARGUMENT);
    void *buffers[2] = { values, values };
    const int64_t bytes[2] = { sizeof values, 8 };
    const ash_array arrays[2] = { a, a }, mixed[2] = { a, ash_real(other, 1) };
    assert_int_equal(ash_compute_many(ctx, 2, arrays, buffers, bytes, NULL), ASH_ERR_ARGUMENT);
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "arrays[1]");
    assert_int_equal(ash_compute_many(ctx, 2, mixed, buffers, bytes, NULL), ASH_ERR_HANDLE);
    assert_sentence(ctx, ASH_ERR_HANDLE, "another context");
    assert_int_equal(ash_compute_many(ctx, -1, arrays, buffers, bytes, NULL), ASH_ERR_ARGUMENT);
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "compute: n must be >= 0, found -1");
    assert_int_equal(ash_compute_many(ctx, 1, NULL, buffers, bytes, NULL), ASH_ERR_ARGUMENT);
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "compute: arrays must be a list of length 1, found NULL");
    assert_int_equal(ash_compute_many(ctx, 2, arrays, buffers, NULL, NULL), ASH_ERR_ARGUMENT);
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "compute: bytes must be a list of length 2, found NULL");
    assert_int_equal(ash_write_many(ctx, 2, arrays, "none.nc", NULL, NULL), ASH_ERR_ARGUMENT);
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "write: names must be a list of length 2, found NULL");
    assert_int_equal(ash_compute_many(ctx, 0, NULL, NULL, NULL, NULL), ASH_OK);
    assert_null(ash_explain(ctx, 0, NULL, NULL));
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "explain: at least one array");
    assert_null(ash_explain(ctx, 2, NULL, NULL));
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "explain: arrays must be a list of length 2, found NULL");
    assert_int_equal(ash_plan_query(ctx, 1, arrays, NULL, NULL), ASH_ERR_ARGUMENT);
    ash_context_free(other);
    ash_context_free(ctx);
}

static void contexts(void **state) {
    (void)state;
    static const struct {
        ash_context_options options;
        const char *words;
    } rows[] = {
        { { .num_threads = -3 }, "num_threads must be from 0 (default)" },
        { { .memory_limit = -1 }, "memory_limit must be bytes > 0, or 0 for the default, found -1" },
        { { .isa = "mmx" }, "isa (ASH_ISA) must be one of baseline, avx2, avx512, found 'mmx'" },
        { { .executor = "gpu" }, "executor must be serial or openmp, found 'gpu'" },
    };
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        assert_null(ash_context_new(&rows[k].options));
        assert_sentence(NULL, ASH_ERR_ARGUMENT, rows[k].words);
    }
    static const struct {
        const char *variable, *value;
    } environment[] = { { "ASH_NUM_THREADS", "many" }, { "ASH_NUM_THREADS", "0" }, { "ASH_MEMORY_LIMIT", "much" },
        { "ASH_MEMORY_LIMIT", "-5" }, { "ASH_ISA", "z80" }, { "ASH_PROGRESS", "yes" } };
    for (size_t k = 0; k < sizeof environment / sizeof environment[0]; k++) {
        char *before = getenv(environment[k].variable) ? strdup(getenv(environment[k].variable)) : NULL;
        setenv(environment[k].variable, environment[k].value, 1);
        assert_null(ash_context_new(NULL));
        assert_sentence(NULL, ASH_ERR_ARGUMENT, environment[k].variable);
        assert_non_null(strstr(ash_error(NULL), environment[k].value));
        unsetenv(environment[k].variable);
        if (before) {
            setenv(environment[k].variable, before, 1);
            free(before);
        }
    }
    ash_context *ctx = ash_context_new(NULL);
    assert_non_null(ctx);
    assert_string_equal(ash_error(NULL), "");
    ash_context_options options = ash_context_get_options(ctx);
    assert_true(options.num_threads >= 1 && options.memory_limit > 0 && options.isa && options.executor);
    ash_context_free(ctx);
}

/* ---- Nothing at all ---- */

static void nothing_crashes(void **state) {
    (void)state;
    const ash_array none = { 0 };
    ash_context *ctx = context_with(1, NULL);
    const ash_array empty = { .context = ctx };
    for (int with = 0; with < 2; with++) {
        ash_array a = with ? empty : none, out[2];
        for (int k = 0; k < oracle_op_count; k++) {
            const oracle_op *op = &oracle_ops[k];
            assert_int_equal(ash_array_status(op->call1 ? op->call1(a)
                                     : op->call2        ? op->call2(a, a)
                                     : op->call3        ? op->call3(a, a, a)
                                                        : a),
                ASH_ERR_HANDLE);
        }
        for (int k = 0; k < oracle_reduction_count; k++) {
            const oracle_reduction *reduction = &oracle_reductions[k];
            assert_int_equal(ash_array_status(reduction->call(a, NULL)), ASH_ERR_HANDLE);
            assert_int_equal(ash_array_status(reduction->call_with(a, NULL, NULL)), ASH_ERR_HANDLE);
            assert_int_equal(ash_array_status(reduction->call_group ? reduction->call_group(a, NULL, a, NULL) : a), ASH_ERR_HANDLE);
        }
        ash_divmod(a, a, &out[0], &out[1]);
        assert_int_equal(ash_array_status(out[1]), ASH_ERR_HANDLE);
        ash_divmod(a, a, NULL, &out[1]);
        ash_divmod(a, a, &out[0], NULL);
        const ash_array made[] = { ash_group_take(a, NULL, a), ash_cast(a, ASH_INT8), ash_index(a, NULL), ash_transpose(a, NULL),
            ash_squeeze(a, NULL), ash_broadcast_to(a, 0, NULL), ash_rechunk(a, NULL), ash_set_dims(a, NULL), ash_set_coord(a, NULL, a),
            ash_coord(a, NULL), ash_drop_coords(a, NULL), ash_set_attr(a, NULL, NULL), ash_set_attr_real(a, NULL, 0),
            ash_time_field(a, NULL) };
        for (size_t k = 0; k < sizeof made / sizeof made[0]; k++) {
            assert_int_equal(ash_array_status(made[k]), ASH_ERR_HANDLE);
        }
        double x;
        assert_false(ash_ok(a));
        assert_int_equal(ash_array_dtype(a), ASH_DTYPE_COUNT);
        assert_int_equal(ash_ndim(a), -1);
        assert_int_equal(ash_size(a), -1);
        assert_int_equal(ash_extent(a, 0), -1);
        assert_null(ash_dim_name(a, 0));
        assert_int_equal(ash_axis(a, NULL), -1);
        assert_int_equal(ash_axis(a, "x"), -1);
        assert_int_equal(ash_chunk_count(a, 0), -1);
        assert_int_equal(ash_chunk_extent(a, 0, 0), -1);
        assert_null(ash_array_name(a));
        assert_false(ash_has_coord(a, NULL));
        assert_null(ash_attr(a, NULL));
        assert_false(ash_attr_real(a, NULL, &x));
        assert_int_equal(ash_compute(a, NULL, 0, NULL), ASH_ERR_HANDLE);
        assert_int_equal(ash_write(a, NULL, NULL, NULL) == ASH_OK, 0);
        ash_context *c = with ? ctx : NULL;
        assert_false(ash_ok(ash_open(c, NULL, NULL, NULL)));
        assert_false(ash_ok(ash_open(c, "/nonexistent.nc", NULL, NULL)));
        assert_int_equal(ash_write_many(c, 0, NULL, NULL, NULL, NULL) == ASH_OK, 0);
        assert_int_equal(ash_compute_many(c, 1, NULL, NULL, NULL, NULL) == ASH_OK, 0);
        assert_null(ash_explain(c, 1, NULL, NULL));
        assert_int_equal(ash_plan_query(c, 1, NULL, NULL, NULL) == ASH_OK, 0);
        assert_int_equal(ash_scope_end(c, NULL, 0) == ASH_OK, 0);
        assert_false(ash_ok(ash_from_buffer(c, ASH_INT8, 1, NULL, NULL, NULL)));
        assert_false(ash_ok(ash_full(c, ASH_INT8, 0, NULL, a, NULL)));
        ash_last_run(c);
        ash_cancel(c);
        ash_error_clear(c);
        ash_context_get_options(c);
    }
    assert_false(ash_ok(ash_zeros(NULL, ASH_INT8, 0, NULL, NULL)));
    assert_false(ash_ok(ash_ones(NULL, ASH_INT8, 0, NULL, NULL)));
    assert_false(ash_ok(ash_arange(NULL, 0, 1, 1, NULL)));
    assert_false(ash_ok(ash_linspace(NULL, 0, 1, 1, NULL)));
    assert_false(ash_ok(ash_bool(NULL, 0)));
    assert_false(ash_ok(ash_int(NULL, 0)));
    assert_false(ash_ok(ash_real(NULL, 0)));
    assert_false(ash_ok(ash_complex(NULL, 0, 0)));
    assert_int_equal(ash_scope_begin(NULL) == ASH_OK, 0);
    ash_context_free(NULL);
    ash_progress_bar(NULL, NULL);
    assert_string_equal(ash_dtype_name((ash_dtype)-1), "?");
    assert_int_equal(ash_dtype_size((ash_dtype)99), 0);
    assert_int_equal(ash_dtype_promote((ash_dtype)99, ASH_INT8), ASH_DTYPE_COUNT);
    assert_non_null(ash_status_text((ash_status)-1));
    assert_string_equal(ash_version(), ASH_VERSION);
    ash_context_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makers),
        cmocka_unit_test(combinations),
        cmocka_unit_test(coordinates_must_agree),
        cmocka_unit_test(indices),
        cmocka_unit_test(the_first_cause_is_reported),
        cmocka_unit_test(doers),
        cmocka_unit_test(contexts),
        cmocka_unit_test(nothing_crashes),
    };
    return cmocka_run_group_tests_name("errors", tests, NULL, NULL);
}
