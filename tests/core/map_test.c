/* Functions of the user's over chunks: what they are given, what becomes of their results and errors. */
#include "map_support.h"

#include <math.h>
#include <stdatomic.h>

static atomic_int calls;

/* output = the sum of the inputs. */
static ash_status add_inputs(const ash_function_call *call, void *user) {
    (void)user;
    atomic_fetch_add(&calls, 1);
    EACH(call->output[0], i, j, k) {
        double sum = 0;
        for (int n = 0; n < call->ninputs; n++) {
            sum += *at(call->input[n], i, j, k);
        }
        *at(call->output[0], i, j, k) = sum;
    }
    return ASH_OK;
}

static ash_array ramp(ash_context *ctx, int64_t n, const char *dim, const char *chunks) {
    return ash_linspace(ctx, 1, (double)n, n, &(ash_make_options){ .dims = dim, .chunks = chunks });
}

/* Inputs are aligned by name or from the right, on other grids, transposed, repeated; each chunk is made once. */
static void aligned(void **state) {
    (void)state;
    for (int threads = 1; threads <= 3; threads += 2) {
        for (int strided = 0; strided < 2; strided++) {
            ash_context *ctx = context_with(threads, NULL);
            assert_done(ctx, ash_register(ctx, &(ash_function_definition){ .name = "add", .function = add_inputs, .strided = strided }));
            ash_array a = field(ctx, "y,x", "2+3,3"), b = ash_rechunk(ash_square(a), "4,2"), turned = ash_transpose(b, NULL),
                      row = ramp(ctx, 7, "x", "5"), column = ramp(ctx, 5, "y", NULL);
            atomic_store(&calls, 0);
            ash_array sum = ash_map_blocks(ctx, "add", 5, (ash_array[]){ a, b, turned, row, column }, ASH_FLOAT64);
            assert_same(sum, ash_add(ash_add(ash_add(ash_add(a, b), b), row), column));
            assert_int_equal(atomic_load(&calls), 2 * 3);
            assert_non_null(strstr(ash_explain(ctx, 1, &sum, NULL), "map_blocks by the function 'add'"));
            assert_string_equal(ash_dim_name(sum, 1), "x");
            assert_int_equal(ash_chunk_count(sum, 1), 3);
            ash_array both[] = { ash_set_dims(a, ""), ash_real(ctx, 2) }, part = ash_index(ash_set_dims(sum, ""), "::2, 6:0:-3");
            assert_same(ash_map_blocks(ctx, "add", 2, both, ASH_FLOAT64), ash_add(both[0], both[1]));
            atomic_store(&calls, 0);
            free(values_of(ash_index(sum, "0, 0"))); /* one chunk is asked for */
            assert_int_equal(atomic_load(&calls), 1);
            assert_same(ash_map_blocks(ctx, "add", 1, &part, ASH_FLOAT64), part);
            ash_array scalar = ash_sum(a, NULL), none = ash_zeros(ctx, ASH_FLOAT64, 2, (int64_t[]){ 0, 3 }, NULL);
            assert_same(ash_map_blocks(ctx, "add", 1, &scalar, ASH_FLOAT64), scalar);
            atomic_store(&calls, 0);
            assert_same(ash_map_blocks(ctx, "add", 1, &none, ASH_FLOAT64), none);
            assert_int_equal(atomic_load(&calls), 0);
            ash_context_free(ctx);
        }
    }
}

/* What a call is told. */
static ash_status tell(const ash_function_call *call, void *user) {
    const ash_function_block *in = call->input[0], *out = call->output[0];
    const double *argument = call->argument;
    int fine = call->size >= (int64_t)sizeof *call && call->ndim == 2 && call->argument_bytes == 16 && argument[0] == 2.5 &&
        argument[1] == 7 && ((uintptr_t)call->scratch & 63) == 0 && call->message_bytes > 100 && in->shape[0] == 5 && in->shape[1] == 7 &&
        in->dtype == ASH_FLOAT64 && out->dtype == ASH_INT32 && in->stride[1] == 8 && in->stride[0] == 8 * in->extent[1] &&
        in->before[0] == 0 && in->after[1] == 0 && in->start[0] == 2 * call->chunk[0] && in->start[1] == 3 * call->chunk[1] &&
        out->start[0] == in->start[0] && out->extent[1] == in->extent[1];
    memset(call->scratch, 1, 1000);
    for (int64_t k = 0; k < out->extent[0] * out->extent[1]; k++) {
        ((int32_t *)out->data)[k] = (int32_t)(10 * call->chunk[0] + call->chunk[1]);
    }
    ++*(int *)user;
    return fine ? ASH_OK : ASH_ERR_INTERNAL;
}

static void count_up(void *user) {
    ++*(int *)user;
}

static void what_calls_see(void **state) {
    (void)state;
    int count = 0;
    ash_context *ctx = context_with(3, NULL);
    ash_function_definition definition = {
        .name = "tell", .function = tell, .user = &count, .release = count_up, .scratch_bytes = 1000, .exclusive = true
    };
    assert_done(ctx, ash_register(ctx, &definition));
    assert_int_equal(ash_register(ctx, &definition), ASH_ERR_ARGUMENT);
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "register: there is a function 'tell' already");
    ash_array a = ash_transpose(ash_rechunk(ash_transpose(field(ctx, "y,x", NULL), NULL), "3,2"), NULL), told;
    double argument[2] = { 2.5, 7 };
    ash_map_output output = { .dtype = ASH_INT32 };
    ash_map_blocks_with(ctx, "tell", 1, &a, 1, &output, &(ash_map_options){ .argument = argument, .argument_bytes = 16 }, &told);
    argument[0] = 0; /* was copied */
    int32_t *values = values_of(told);
    for (int k = 0; k < 35; k++) {
        assert_int_equal(values[k], 10 * (k / 7 / 2) + k % 7 / 3);
    }
    free(values);
    assert_int_equal(count, 9);
    ash_context_free(ctx);
    assert_int_equal(count, 10);
}

/* Per row: the sum into the first output, and the three lowest moments into a new axis of the second; the first element into a third. */
static ash_status row_sums(const ash_function_call *call, void *user) {
    const ash_function_block *in = call->input[0];
    (void)user;
    for (int64_t i = 0; i < in->extent[0]; i++) {
        double sum[3] = { 0 };
        for (int64_t j = 0; j < in->extent[1]; j++) {
            double x = *at(in, i, j, 0);
            sum[0] += 1, sum[1] += x, sum[2] += x * x;
        }
        *at(call->output[0], i, 0, 0) = sum[1];
        for (int m = 0; m < 3; m++) {
            ((float *)call->output[1]->data)[m * call->output[1]->stride[0] / 4 + i] = (float)sum[m];
        }
    }
    *(int64_t *)call->output[2]->data = in->start[0];
    return ASH_OK;
}

/* Several outputs: dtypes, dropped and new dimensions, other extents. */
static void outputs(void **state) {
    (void)state;
    ash_context *ctx = context_with(2, NULL);
    register_it(ctx, "rows", row_sums, NULL);
    ash_array a = ash_set_coord(field(ctx, "y,x", "2,3"), "y", ramp(ctx, 5, NULL, NULL)), r[3];
    ash_map_output output[3] = { { .dtype = ASH_FLOAT64, .dims = "y" }, { .dtype = ASH_FLOAT32, .dims = "moment=3, y" },
        { .dtype = ASH_INT64, .dims = "0=1" } };
    ash_map_blocks_with(ctx, "rows", 1, &a, 3, output, NULL, r);
    assert_same(r[0], ash_sum(ash_rechunk(a, "0,-1"), "x"));
    assert_true(ash_has_coord(r[0], "y"));
    assert_int_equal(ash_ndim(r[1]), 2);
    assert_string_equal(ash_dim_name(r[1], 0), "moment");
    assert_int_equal(ash_extent(r[1], 0), 3);
    assert_int_equal(ash_chunk_count(r[1], 1), 3);
    assert_same(ash_index(r[1], "1"), ash_cast(r[0], ASH_FLOAT32));
    assert_same(ash_index(r[1], "0"), ash_full(ctx, ASH_FLOAT32, 1, (int64_t[]){ 5 }, ash_real(ctx, 7), NULL));
    assert_same(r[2], ash_mul(ash_arange(ctx, 0, 3, 1, NULL), ash_int(ctx, 2)));
    assert_false(ash_has_coord(r[2], "y"));
    double sums[5];
    float moments[15];
    int64_t first[3];
    void *buffers[] = { sums, moments, first };
    assert_done(ctx, ash_compute_many(ctx, 3, r, buffers, (int64_t[]){ sizeof sums, sizeof moments, sizeof first }, NULL));
    assert_true((float)sums[4] == moments[9] && first[2] == 4);
    ash_context_free(ctx);
}

/* ---- Every dtype ---- */

static ash_status copy_bytes(const ash_function_call *call, void *user) {
    const ash_function_block *in = call->input[0], *out = call->output[0];
    int64_t bytes = ash_dtype_size(in->dtype);
    (void)user;
    for (int a = 0; a < in->ndim; a++) {
        bytes *= in->extent[a];
    }
    memcpy(out->data, in->data, (size_t)bytes);
    return ASH_OK;
}

/* Only with halos without elements: dense blocks of outputs with a halo begin at the halo. */
static ash_status copy_with_halo(const ash_function_call *call, void *user) {
    const ash_function_block *in = call->input[0], *out = call->output[0];
    int64_t bytes = ash_dtype_size(in->dtype), before = 0;
    (void)user;
    for (int a = 0; a < in->ndim; a++) {
        if (in->before[a] != out->before[a] || in->after[a] != out->after[a] || in->extent[a] != out->extent[a]) {
            return ASH_ERR_SHAPE;
        }
        bytes *= in->extent[a] + in->before[a] + in->after[a];
        before += in->before[a] * in->stride[a];
    }
    memcpy((char *)out->data - before, (const char *)in->data - before, (size_t)bytes);
    return ASH_OK;
}

static const char *const boundaries[] = { NULL, "reflect", "mirror", "periodic", "nearest", "1" };
static const char *const pad_modes[] = { NULL, "symmetric", "reflect", "wrap", "edge", NULL };

static void every_dtype(void **state) {
    (void)state;
    ash_context *ctx = context_with(2, NULL);
    register_it(ctx, "copy", copy_bytes, NULL);
    register_it(ctx, "halo", copy_with_halo, NULL);
    for (int d = 0; d < ASH_DTYPE_COUNT; d++) {
        ash_array a = ash_rechunk(ash_cast(field(ctx, "y,x", "2,4"), (ash_dtype)d), "3,2");
        assert_same(ash_map_blocks(ctx, "copy", 1, &a, (ash_dtype)d), a);
        for (int b = 0; b < COUNT(boundaries); b++) {
            ash_array both;
            ash_map_output output = { .dtype = (ash_dtype)d };
            ash_map_overlap_with(
                ctx, "halo", 1, &a, "y=1, x=2:9", boundaries[b], 1, &output, &(ash_map_options){ .keep_halo = true }, &both);
            ash_array extended = ash_overlap(a, "y=1, x=2:9", boundaries[b]);
            assert_same(both, extended);
            assert_int_equal(ash_chunk_extent(both, 0, 0), b == 0 ? 4 : 5);
            assert_same(
                ash_trim_overlap(b ? extended : ash_overlap(a, "y=1, x=2:1", NULL), b ? "y=1, x=2:9" : "y=1, x=2:1", boundaries[b]), a);
            /* One chunk and its halo are the array padded. */
            ash_array whole = ash_overlap(ash_rechunk(a, "-1,-1"), "y=1, x=2:9", boundaries[b]);
            if (b > 0) {
                assert_same(whole, ash_pad_with(a, "1, 2:9", pad_modes[b], &(ash_pad_options){ .value = ash_int(ctx, 1) }));
            } else {
                assert_same(whole, a);
            }
        }
    }
    ash_context_free(ctx);
}

/* ---- Errors ---- */

static ash_status fail_on_third(const ash_function_call *call, void *user) {
    (void)user;
    if (call->chunk[0] == 1 && call->chunk[1] == 0) {
        snprintf(call->message, (size_t)call->message_bytes, "the wells of block %d are dry", 7);
        return ASH_ERR_IO;
    }
    return add_inputs(call, user);
}

static ash_status fail_silently(const ash_function_call *call, void *user) {
    (void)call, (void)user;
    return (ash_status)12345;
}

static void failing_functions(void **state) {
    (void)state;
    ash_context *ctx = context_with(2, NULL);
    register_it(ctx, "dry", fail_on_third, NULL);
    register_it(ctx, "mute", fail_silently, NULL);
    register_it(ctx, "add", add_inputs, NULL);
    ash_array a = field(ctx, NULL, "2,4"), good = ash_map_blocks(ctx, "add", 1, &a, ASH_FLOAT64);
    double buffer[35];
    assert_int_equal(ash_compute(ash_map_blocks(ctx, "dry", 1, &a, ASH_FLOAT64), buffer, sizeof buffer, NULL), ASH_ERR_IO);
    assert_sentence(ctx, ASH_ERR_IO, "chunk (1, 0): the function failed at [2:4, 0:4]: the wells of block 7 are dry");
    assert_int_equal(ash_compute(ash_map_blocks(ctx, "mute", 1, &a, ASH_FLOAT64), buffer, sizeof buffer, NULL), ASH_ERR_ARGUMENT);
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "compute: mute in group ");
    assert_same(good, a); /* the context works on */
    ash_context_free(ctx);
}

#define REFUSED(call, status, words) \
    do { \
        assert_false(ash_ok(call)); \
        assert_sentence(ctx, status, words); \
    } while (0)

static ash_array with(ash_context *ctx, ash_array a, int noutputs, const char *dims, const ash_map_options *options) {
    ash_map_output output[9];
    ash_array r[9];
    for (int k = 0; k < 9; k++) {
        output[k] = (ash_map_output){ .dtype = ASH_FLOAT64, .dims = dims };
    }
    ash_map_blocks_with(ctx, "add", 1, &a, noutputs, output, options, r);
    return r[0];
}

static void hostile_arguments(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    ash_array a = field(ctx, "y,x", "2,4"), many[17];
    for (int k = 0; k < 17; k++) {
        many[k] = a;
    }
    assert_int_equal(ash_register(ctx, NULL), ASH_ERR_ARGUMENT);
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "register: definition is not set");
    assert_int_equal(ash_register(ctx, &(ash_function_definition){ .function = add_inputs }), ASH_ERR_ARGUMENT);
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "register: name is not set");
    assert_int_equal(ash_register(ctx, &(ash_function_definition){ .name = "f" }), ASH_ERR_ARGUMENT);
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "register: function is not set");
    assert_int_equal(
        ash_register(ctx, &(ash_function_definition){ .name = "f", .function = add_inputs, .scratch_bytes = -1 }), ASH_ERR_ARGUMENT);
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "register: scratch_bytes must be from 0");
    assert_int_not_equal(ash_register(NULL, &(ash_function_definition){ .name = "f", .function = add_inputs }), ASH_OK);
    register_it(ctx, "add", add_inputs, NULL);
    REFUSED(
        ash_map_blocks(ctx, "ad", 1, &a, ASH_FLOAT64), ASH_ERR_ARGUMENT, "map_blocks: no function 'ad' is registered; did you mean 'add'?");
    REFUSED(ash_map_blocks(ctx, NULL, 1, &a, ASH_FLOAT64), ASH_ERR_ARGUMENT, "no function '(null)'");
    REFUSED(ash_map_blocks(ctx, "add", 0, &a, ASH_FLOAT64), ASH_ERR_ARGUMENT, "n must be from 1 to 16");
    REFUSED(ash_map_blocks(ctx, "add", 17, many, ASH_FLOAT64), ASH_ERR_ARGUMENT, "n must be from 1 to 16");
    REFUSED(ash_map_blocks(ctx, "add", 2, NULL, ASH_FLOAT64), ASH_ERR_ARGUMENT, "and no inputs");
    REFUSED(ash_map_blocks(ctx, "add", 1, &a, ASH_DTYPE_COUNT), ASH_ERR_DTYPE, "the dtype of output 0, 13, is none");
    REFUSED(ash_map_blocks(ctx, "add", 1, (ash_array[]){ { 0 } }, ASH_FLOAT64), ASH_ERR_HANDLE, "inputs[0] is not an array");
    REFUSED(ash_map_blocks(ctx, "add", 2, (ash_array[]){ a, ash_index(a, "x=:3") }, ASH_FLOAT64), ASH_ERR_SHAPE, "do not broadcast");
    assert_good(ash_map_blocks(ctx, "add", 16, many, ASH_FLOAT64));
    assert_int_equal(ash_array_status(ash_map_blocks(NULL, "add", 1, &a, ASH_FLOAT64)), ASH_ERR_HANDLE);
    REFUSED(with(ctx, a, 9, NULL, NULL), ASH_ERR_ARGUMENT, "noutputs must be from 1 to 8");
    assert_good(with(ctx, a, 8, NULL, NULL));
    REFUSED(with(ctx, a, 1, "x, y", NULL), ASH_ERR_DIMENSION, "'y' is out of order");
    REFUSED(with(ctx, a, 1, "y, y", NULL), ASH_ERR_DIMENSION, "out of order");
    REFUSED(with(ctx, a, 1, "z", NULL), ASH_ERR_DIMENSION, "no dimension 'z'; a new one has an extent");
    REFUSED(with(ctx, a, 1, "y=1+1", NULL), ASH_ERR_SHAPE, "2 extents of chunks for a dimension of 3 chunks");
    REFUSED(with(ctx, a, 1, "y=-1", NULL), ASH_ERR_ARGUMENT, "expected extents of chunks");
    REFUSED(with(ctx, a, 1, "y=0", NULL), ASH_ERR_SHAPE, "chunks of 0 elements");
    REFUSED(with(ctx, a, 1, "z=1, z=2, y", NULL), ASH_ERR_DIMENSION, "'z' is named twice");
    REFUSED(with(ctx, a, 1, "5=2", NULL), ASH_ERR_DIMENSION, "no dimension number 5");
    REFUSED(with(ctx, a, 1, "w=9000000000000000000, y", NULL), ASH_ERR_SHAPE, "addressed");
    REFUSED(with(ctx, a, 1, "y=9000000000000000000", NULL), ASH_ERR_SHAPE, "addressed");
    REFUSED(with(ctx, a, 1, "1=1,=1,=1,=1,=1,=1,=1,=1,=1,=1,=1,=1,=1,=1,=1,=1,=1", NULL), ASH_ERR_SHAPE, "more than 16 dimensions");
    REFUSED(with(ctx, a, 1, NULL, &(ash_map_options){ .core_dims = "z" }), ASH_ERR_DIMENSION, "z");
    REFUSED(with(ctx, a, 1, NULL, &(ash_map_options){ .argument_bytes = 3 }), ASH_ERR_ARGUMENT, "and no argument");
    REFUSED(with(ctx, a, 1, NULL, &(ash_map_options){ .argument = &a, .argument_bytes = -3 }), ASH_ERR_ARGUMENT, "argument_bytes");
    assert_int_equal(ash_chunk_count(with(ctx, a, 1, NULL, &(ash_map_options){ .core_dims = "x" }), 1), 1);
    REFUSED(ash_map_overlap(ctx, "add", 1, &a, NULL, NULL, ASH_FLOAT64), ASH_ERR_ARGUMENT, "map_overlap: depth is NULL");
    REFUSED(ash_map_overlap(ctx, "add", 1, &a, "-1", NULL, ASH_FLOAT64), ASH_ERR_ARGUMENT, "expected an integer from 0 to 2^50");
    double sum[35];
    assert_int_equal(
        ash_compute(ash_map_overlap(ctx, "add", 1, &a, "1125899906842624", "mirror", ASH_FLOAT64), sum, sizeof sum, NULL), ASH_ERR_LIMIT);
    assert_sentence(ctx, ASH_ERR_LIMIT, "'add' needs the most");
    REFUSED(ash_overlap(a, "y=1:-2", NULL), ASH_ERR_ARGUMENT, "as before:after, found '-2'");
    REFUSED(ash_overlap(a, "y=1:2:3", NULL), ASH_ERR_ARGUMENT, "found '2:3'");
    REFUSED(ash_overlap(a, "1,2,3", NULL), ASH_ERR_SHAPE, "expected one part or 2");
    REFUSED(ash_overlap(a, "y=1,2", NULL), ASH_ERR_ARGUMENT, "mixed");
    REFUSED(ash_overlap(a, "y=1,y=2", NULL), ASH_ERR_ARGUMENT, "given twice");
    REFUSED(ash_overlap(a, "t=1", NULL), ASH_ERR_DIMENSION, "t");
    REFUSED(ash_overlap(a, "1", "reflekt"), ASH_ERR_ARGUMENT,
        "'reflekt' is none of none, reflect, mirror, periodic, nearest, or a number; did you mean reflect");
    REFUSED(ash_overlap(ash_cast(a, ASH_INT8), "1", "nan"), ASH_ERR_DTYPE, "does not fit int8");
    REFUSED(ash_overlap(ash_cast(a, ASH_INT8), "1", "128"), ASH_ERR_DTYPE, "128 beyond the ends does not fit int8");
    REFUSED(ash_overlap(a, "1125899906842624", "0"), ASH_ERR_SHAPE, "addressed");
    REFUSED(ash_overlap(ash_index(a, "0:0"), "1", "nearest"), ASH_ERR_SHAPE, "axis 0 has no elements to show");
    REFUSED(ash_trim_overlap(a, "1", "nearest"), ASH_ERR_SHAPE, "trim_overlap: chunk 0 along axis 0 has 2 elements");
    REFUSED(ash_pad(a, NULL, NULL), ASH_ERR_ARGUMENT, "pad: width is NULL");
    REFUSED(ash_pad(a, "1", "mean"), ASH_ERR_ARGUMENT, "'mean' is none of constant, edge, reflect, symmetric, wrap");
    REFUSED(ash_pad(a, "1125899906842624", NULL), ASH_ERR_SHAPE, "chunks along axis 0");
    REFUSED(ash_pad_with(a, "1", NULL, &(ash_pad_options){ .value = ash_complex(ctx, 1, 2) }), ASH_ERR_DTYPE, "complex");
    REFUSED(ash_pad_with(a, "1", NULL, &(ash_pad_options){ .value = a }), ASH_ERR_ARGUMENT, "must be a scalar");
    REFUSED(ash_pad(ash_index(a, "0:0"), "1", "edge"), ASH_ERR_SHAPE, "no elements to show");
    assert_int_equal(ash_size(ash_pad(ash_index(a, "0:0"), "1", NULL)), 2 * 9);
    assert_same(ash_pad(ash_index(a, "0:0"), "1", NULL), ash_zeros(ctx, ASH_FLOAT64, 2, (int64_t[]){ 2, 9 }, NULL));
    assert_same(ash_pad(ash_sum(a, NULL), "3", "wrap"), ash_sum(a, NULL));
    assert_same(ash_overlap(ash_index(a, "0:0"), "y=1", NULL), ash_index(a, "0:0"));
    ash_context_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(aligned),
        cmocka_unit_test(what_calls_see),
        cmocka_unit_test(outputs),
        cmocka_unit_test(every_dtype),
        cmocka_unit_test(failing_functions),
        cmocka_unit_test(hostile_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
