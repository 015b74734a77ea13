/* Every operation by name gives what the function of that name gives; mistakes are sentences. */
#include "core_test.h"

#include <math.h>

static ash_context *ctx;
static double data[12] = { 1.5, -2.25, 3, 0.5, 7, -1, 2, 2, 0.25, 9, -4, 1 };
static int64_t whole[12] = { 3, -2, 7, 1, 4, 2, 9, 5, 1, 6, 8, 2 };
static int64_t labels[4] = { 1, 0, 1, 2 };
static double row[4] = { 1, 2, 4, 8 };

static ash_array matrix(void) {
    return ash_from_buffer(ctx, ASH_FLOAT64, 2, (int64_t[]){ 3, 4 }, data, &(ash_make_options){ .dims = "y,x", .chunks = "2,3" });
}

static ash_array integers(void) {
    return ash_from_buffer(ctx, ASH_INT64, 2, (int64_t[]){ 3, 4 }, whole, &(ash_make_options){ .dims = "y,x", .chunks = "2,3" });
}

static ash_array vector(void) {
    return ash_set_dims(vector_of(ctx, ASH_FLOAT64, 4, row, "3"), "x");
}

static void same(const char *what, ash_array a, ash_array b) {
    if (!ash_ok(a) || !ash_ok(b)) {
        fail_msg("%s: %s", what, ash_error(ctx));
    }
    assert_int_equal(ash_array_dtype(a), ash_array_dtype(b));
    assert_int_equal(ash_ndim(a), ash_ndim(b));
    int64_t shape[2][ASH_MAX_NDIM] = { { 0 } };
    assert_int_equal(ash_shape(a, shape[0]), ash_shape(b, shape[1]));
    assert_memory_equal(shape[0], shape[1], sizeof shape[0]);
    assert_int_equal(ash_size(a), ash_size(b));
    void *x = values_of(a), *y = values_of(b);
    if (memcmp(x, y, (size_t)(ash_size(a) * ash_dtype_size(ash_array_dtype(a)))) != 0) {
        fail_msg("%s: other values by name", what);
    }
    free(x);
    free(y);
}

static ash_array by_name(const char *op, const char *params, int n, ...) {
    ash_array in[8];
    va_list list;
    va_start(list, n);
    for (int k = 0; k < n; k++) {
        in[k] = va_arg(list, ash_array);
    }
    va_end(list);
    return ash_apply(ctx, op, n, in, params);
}

static ash_status copy_block(const ash_function_call *call, void *user) {
    const ash_function_block *in = call->input[0], *out = call->output[0];
    int64_t elements = 1;
    (void)user;
    for (int a = 0; a < out->ndim; a++) {
        elements *= out->extent[a];
    }
    memcpy(out->data, in->data, (size_t)(elements * ash_dtype_size(in->dtype)));
    return ASH_OK;
}

/* Functions that are in no table but their own: each has its line here. */
static void functions(char done[]) {
    ash_array m = matrix(), v = vector();
#define SAME(op, params, direct, ...) \
    do { \
        same(op, by_name(op, params, __VA_ARGS__), direct); \
        done[ash_op_find(op)] = 1; \
    } while (0)
    int64_t shape[] = { 2, 3 };
    SAME("zeros", "dtype=int8; shape=[2,3]", ash_zeros(ctx, ASH_INT8, 2, shape, NULL), 0);
    SAME("ones", "dtype='float32'; shape=[2,3]; dims='a,b'; chunks='1,1'", ash_ones(ctx, ASH_FLOAT32, 2, shape, NULL), 0);
    SAME("full", "dtype=complex64; shape=[2,3]; value=1-2j", ash_full(ctx, ASH_COMPLEX64, 2, shape, ash_complex(ctx, 1, -2), NULL), 0);
    SAME("arange", "start=3; stop=10; step=2", ash_arange(ctx, 3, 10, 2, NULL), 0);
    SAME("linspace", "start=0; stop=1; count=5", ash_linspace(ctx, 0, 1, 5, NULL), 0);
    SAME("number", "value=2.5", ash_real(ctx, 2.5), 0);
    SAME("cast", "dtype=int16", ash_cast(m, ASH_INT16), 1, m);
    SAME("index", "index='1:, ::-1'", ash_index(m, "1:, ::-1"), 1, m);
    SAME("transpose", "dims='x,y'", ash_transpose(m, "x,y"), 1, m);
    SAME("transpose", NULL, ash_transpose(m, NULL), 1, m);
    SAME("squeeze", NULL, ash_squeeze(m, NULL), 1, m);
    SAME("broadcast_to", "shape=[2,3,4]", ash_broadcast_to(ash_set_dims(m, ""), 3, (int64_t[]){ 2, 3, 4 }), 1, ash_set_dims(m, ""));
    SAME("rechunk", "chunks='1,2'", ash_rechunk(m, "1,2"), 1, m);
    SAME("concatenate", "dim=x", ash_concatenate(2, (ash_array[]){ m, m }, "x"), 2, m, m);
    SAME("stack", "axis=-1; name=z", ash_stack(2, (ash_array[]){ m, m }, -1, "z"), 2, m, m);
    SAME("pad", "width='y=1'; mode=wrap", ash_pad(m, "y=1", "wrap"), 1, m);
    SAME("pad", "width='1:2,0'; value=-7", ash_pad_with(m, "1:2,0", NULL, &(ash_pad_options){ .value = ash_int(ctx, -7) }), 1, m);
    SAME("chunk", "chunk='0,-1'", ash_chunk(m, "0,-1"), 1, m);
    SAME("from_chunks", "counts=[1,2]", ash_from_chunks(2, (ash_array[]){ m, m }, 2, (int64_t[]){ 1, 2 }), 2, m, m);
    SAME("overlap", "depth='x=1'; boundary=periodic", ash_overlap(m, "x=1", "periodic"), 1, m);
    SAME("trim_overlap", "depth='x=0:1'", ash_trim_overlap(m, "x=0:1", NULL), 1, m);
    ash_register(ctx, &(ash_function_definition){ .name = "copy_block", .function = copy_block });
    SAME("map_blocks", "function=copy_block; dtype=float64; core_dims=x", m, 1, m);
    SAME("map_overlap", "function=copy_block; depth='0'; dtype=float64; dims='y,x'", m, 1, m);
    SAME("delayed", "function=copy_block; dtype=float64; shape=[2]", ash_index(v, ":2"), 1, v);
    SAME("matmul", NULL, ash_matmul(m, ash_transpose(m, NULL)), 2, m, ash_transpose(m, NULL));
    SAME("tensordot", "dims_a=x; dims_b=x", ash_tensordot(m, m, "x", "x"), 2, m, m);
    ash_array rows = vector_of(ctx, ASH_INT64, 4, labels, NULL);
    SAME("group_take", "dim=y", ash_group_take(m, "y", rows), 2, m, rows);
    SAME("expand_dims", "axis=1; name=t", ash_expand_dims(m, 1, "t"), 1, m);
    SAME("reshape", "shape='2, n=-1'", ash_reshape(m, "2, n=-1"), 1, m);
    SAME("ravel", NULL, ash_ravel(m), 1, m);
    ash_array some = ash_greater(m, ash_int(ctx, 2)), few = ash_less(rows, ash_int(ctx, 2));
    SAME("take", "dim=x", ash_take(m, rows, "x"), 2, m, rows);
    SAME("take_list", "positions=[0,-1]; dim=x", ash_take_list(m, 2, (int64_t[]){ 0, -1 }, "x"), 1, m);
    SAME("take_along_axis", "dim=x", ash_take_along_axis(m, ash_cast(some, ASH_INT8), "x"), 2, m, ash_cast(some, ASH_INT8));
    SAME("compress", "dim=y", ash_compress(m, ash_index(few, ":3"), "y"), 2, m, ash_index(few, ":3"));
    SAME("masked_select", NULL, ash_masked_select(m, some), 2, m, some);
    SAME("extract", NULL, ash_masked_select(m, some), 2, some, m);
    SAME("argwhere", NULL, ash_argwhere(m), 1, m);
    SAME("flatnonzero", NULL, ash_flatnonzero(m), 1, m);
    SAME("set_dims", "dims='p,q'", ash_set_dims(m, "p,q"), 1, m);
    ash_array with = ash_set_coord(m, "x", v);
    SAME("set_coord", "dim=x", with, 2, m, v);
    SAME("sel", "labels='x=2:5'", ash_sel(with, "x=2:5"), 1, with);
    SAME("sel", "labels='x=5'; method=nearest; tolerance=2", ash_sel(with, "x=5 nearest"), 1, with);
    SAME("coord", "dim=x", ash_coord(with, "x"), 1, with);
    SAME("drop_coords", NULL, ash_drop_coords(with, NULL), 1, with);
    SAME("set_attr", "name=units; text=K", m, 1, m);
    assert_string_equal(ash_attr(by_name("set_attr", "name=units; text='K'", 1, m), "units"), "K");
    SAME("set_attr_real", "name=scale; value=2", m, 1, m);
    ash_array time = ash_set_attr(v, "units", "days since 2000-01-30");
    SAME("time_field", "field=month", ash_time_field(time, "month"), 1, time);
    SAME("cumsum", "dim=y; dtype=float32", ash_cumsum_with(m, "y", &(ash_scan_options){ .dtype = "float32" }), 1, m);
    SAME("cumprod", "dim=x", ash_cumprod(m, "x"), 1, m);
    SAME("nancumsum", "dim=x", ash_nancumsum(m, "x"), 1, m);
    SAME("nancumprod", "dim=x", ash_nancumprod(m, "x"), 1, m);
    SAME("cummax", "dim=x", ash_cummax(m, "x"), 1, m);
    SAME("cummin", "dim=x", ash_cummin(m, "x"), 1, m);
    SAME("nancummax", "dim=x", ash_nancummax(m, "x"), 1, m);
    SAME("nancummin", "dim=x", ash_nancummin(m, "x"), 1, m);
    SAME("diff", "dim=x; n=2", ash_diff(m, "x", 2), 1, m);
    SAME("ediff1d", NULL, ash_ediff1d(v), 1, v);
    SAME("trapezoid", "dim=x", ash_trapezoid(m, v, "x"), 2, m, v);
    SAME("trapezoid", "dim=x; dx=0.5", ash_trapezoid_dx(m, 0.5, "x"), 1, m);
    SAME("cumulative_trapezoid", "dim=x; dx=2", ash_cumulative_trapezoid_dx(m, 2, "x"), 1, m);
    SAME("searchsorted", "right=true", ash_searchsorted(v, m, true), 2, v, m);
    SAME("digitize", NULL, ash_digitize(m, v, false), 2, m, v);
    SAME("isin", "invert=true", ash_isin(m, v, true), 2, m, v);
    ash_array low = ash_less(m, ash_real(ctx, 0)), odd = ash_isin(m, v, false);
    SAME("select", NULL, ash_select(2, (ash_array[]){ low, odd }, (ash_array[]){ v, ash_negative(m) }, m), 5, low, odd, v, ash_negative(m),
        m);
    SAME("choose", "mode=wrap", ash_choose(integers(), 2, (ash_array[]){ m, v }, "wrap"), 3, integers(), m, v);
    assert_false(ash_ok(by_name("select", NULL, 4, low, odd, m, m)));
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "select: takes conditions, as many choices and one array more, found 4 arrays");
    assert_false(ash_ok(by_name("choose", NULL, 1, integers())));
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "choose: takes 2 arrays: index, choices (one or more); found 1");
    SAME("interp", "left=-1", ash_interp(m, v, v, &(ash_interp_options){ .has_left = true, .left = -1 }), 3, m, v, v);
    SAME("ptp", "dims=x", ash_ptp(m, "x"), 1, m);
    SAME("nanptp", NULL, ash_nanptp(m, NULL), 1, m);
    SAME("count_nonzero", "dims='x,y'", ash_count_nonzero(m, NULL), 1, m);
    SAME("average", "dims=x", ash_average(m, v, "x"), 2, m, v);
    SAME("nanaverage", "dims=x", ash_nanaverage(m, v, "x"), 2, m, v);
    SAME("moment", "order=3", ash_moment(m, NULL, 3), 1, m);
    SAME("norm", "order=inf", ash_norm(m, NULL, INFINITY), 1, m);
    SAME("norm", NULL, ash_norm(m, NULL, 2), 1, m);
    SAME("logsumexp", "dims=y", ash_logsumexp(m, "y"), 1, m);
    SAME("median", "dims=y", ash_median(m, "y"), 1, m);
    SAME("nanmedian", NULL, ash_nanmedian(m, NULL), 1, m);
    SAME("percentile", "q=30", ash_percentile(m, NULL, 30, NULL), 1, m);
    SAME("nanpercentile", "q=30; method=lower", ash_nanpercentile(m, NULL, 30, "lower"), 1, m);
    SAME("quantile", "q=0.3; method=hazen", ash_quantile(m, NULL, 0.3, "hazen"), 1, m);
    SAME("nanquantile", "q=1", ash_nanquantile(m, NULL, 1, NULL), 1, m);
    const double q[] = { 0, 0.25, 1 };
    SAME("quantiles", "q=[0,0.25,1]; dims='x'; keepdims=true", ash_quantile_with(m, "x", 3, q, &(ash_quantile_options){ .keepdims = true }),
        1, m);
    SAME("nanquantiles", "q=[0,0.25,1]; method=lower", ash_nanquantile_with(m, NULL, 3, q, &(ash_quantile_options){ .method = "lower" }), 1,
        m);
    done[ash_op_find("reduce_custom")] = 1; /* custom_test.c */
    done[ash_op_find("open")] = 1;          /* below: its errors */
    assert_false(ash_ok(by_name("open", "path='/nonexistent/x.nc'; variable=t", 0)));
    assert_sentence(ctx, ASH_ERR_NOT_FOUND, "open");
    done[ash_op_find("open_raw")] = 1; /* open_test.c */
    assert_false(ash_ok(by_name("open_raw", "path='/nonexistent/x.bin'; dtype=int8; shape=[3, 4]; offset=5; order=F; byte_order=big", 0)));
    assert_sentence(ctx, ASH_ERR_NOT_FOUND, "open_raw: /nonexistent/x.bin");
}

/* Those written from tables: by name with defaults, against the kernels' own tests only the plumbing is in question. */
static void from_tables(char done[]) {
    ash_array m = matrix(), w = integers(), v = vector(), rows = vector_of(ctx, ASH_INT64, 4, labels, NULL);
    same("add", by_name("add", NULL, 2, m, v), ash_add(m, v));
    same("round", by_name("round", "decimals=1", 1, m), ash_round(m, 1));
    same("isclose", by_name("isclose", "rtol=0.5; equal_nan=true", 2, m, v), ash_isclose(m, v, 0.5, 1e-8, true));
    same("nan_to_num", by_name("nan_to_num", NULL, 1, m), ash_nan_to_num(m, 0, INFINITY, -INFINITY));
    same("clip", by_name("clip", NULL, 3, m, ash_int(ctx, 0), v), ash_clip(m, ash_int(ctx, 0), v));
    same("std", by_name("std", "dims=x; ddof=1; keepdims=true", 1, m),
        ash_std_with(m, "x", &(ash_reduce_options){ .ddof = 1, .keepdims = true }));
    same("max", by_name("max", "initial=5", 2, m, ash_greater(m, ash_int(ctx, 100))),
        ash_full(ctx, ASH_FLOAT64, 0, NULL, ash_real(ctx, 5), NULL));
    same("sum", by_name("sum", "dtype=float32; min_count=2; initial=1", 1, m),
        ash_sum_with(m, NULL, &(ash_reduce_options){ .dtype = "float32", .min_count = 2, .initial = ash_int(ctx, 1) }));
    same("group_mean", by_name("group_mean", "dim=x; groups=5", 2, m, rows),
        ash_group_mean_with(m, "x", rows, &(ash_reduce_options){ .groups = 5 }));
    for (int64_t k = 0; k < ash_op_count(); k++) {
        ash_operation_info info = { 0 };
        assert_int_equal(ash_op_info(k, &info), ASH_OK);
        int reduces = strcmp(info.family, "reduction") == 0, groups = strcmp(info.family, "group") == 0;
        if (!reduces && !groups && strcmp(info.family, "elementwise") != 0) {
            continue;
        }
        ash_array in[] = { m, groups ? rows : m, m }, out[2];
        const char *params = groups ? "dim=x" : NULL;
        int n = reduces ? 1 : info.inputs;
        if (ash_apply_many(ctx, info.name, n, in, params, info.outputs, out) != ASH_OK) { /* integers only, or an exponent that is one */
            in[0] = strcmp(info.name, "ldexp") == 0 ? m : w;
            in[1] = groups ? rows : w;
            if (ash_apply_many(ctx, info.name, n, in, params, info.outputs, out) != ASH_OK) {
                fail_msg("%s: %s", info.name, ash_error(ctx));
            }
        }
        for (int o = 0; o < info.outputs; o++) {
            free(values_of(out[o]));
        }
        done[k] = 1;
    }
}

static void every_operation_by_name(void **state) {
    (void)state;
    static char done[1000];
    ctx = context_with(1, NULL);
    functions(done);
    from_tables(done);
    for (int64_t k = 0; k < ash_op_count(); k++) {
        ash_operation_info info = { 0 };
        ash_op_info(k, &info);
        if (!done[k]) {
            fail_msg("%s has no line in apply_test.c", info.name);
        }
        assert_true(info.meaning && *info.meaning && info.outputs >= 1);
        assert_int_equal(ash_op_find(info.name), k);
    }
    ash_context_free(ctx);
}

static void aliases_lead_somewhere(void **state) {
    (void)state;
    const char *operation, *alias;
    int64_t k = 0;
    for (; (alias = ash_op_alias(k, &operation)) != NULL; k++) {
        if (ash_op_find(alias) < 0 || ash_op_find(alias) != ash_op_find(operation)) {
            fail_msg("alias %s of %s", alias, operation);
        }
    }
    assert_true(k > 20);
    assert_int_equal(ash_op_find("subtract"), ash_op_find("sub")); /* the first row of aliases.table */
    assert_null(ash_op_alias(-1, NULL));
    ctx = context_with(1, NULL);
    ash_array m = matrix();
    same("multiply", by_name("multiply", NULL, 2, m, m), ash_mul(m, m));
    same("permute_dims", by_name("permute_dims", "dims='1,0'", 1, m), ash_transpose(m, "1,0"));
    ash_context_free(ctx);
}

static void all_outputs(void **state) {
    (void)state;
    ctx = context_with(1, NULL);
    ash_array in[] = { matrix(), ash_int(ctx, 2) }, out[2], quotient, rest;
    assert_done(ctx, ash_apply_many(ctx, "divmod", 2, in, NULL, 2, out));
    ash_divmod(in[0], in[1], &quotient, &rest);
    same("quotient", out[0], quotient);
    same("remainder", out[1], rest);
    assert_int_equal(ash_apply_many(ctx, "divmod", 2, in, NULL, 1, out), ASH_ERR_ARGUMENT);
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "divmod: has 2 outputs, room was given for 1");
    assert_false(ash_ok(ash_apply(ctx, "add", 2, NULL, NULL)));
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "add: inputs must be 2 arrays, found NULL");
    ash_context_free(ctx);
}

static void mistakes_are_sentences(void **state) {
    (void)state;
    ctx = context_with(1, NULL);
    ash_array m = matrix();
    static const struct {
        const char *op, *params, *sentence;
    } rows[] = { { "maen", NULL, "apply: there is no operation 'maen'; did you mean 'mean'?" },
        { NULL, NULL, "apply: there is no operation '(null)'" },
        { "mean", "dim=x", "mean: no parameter 'dim'; did you mean 'dims'? (it has dims, keepdims, dtype)" },
        { "sin", "x=1", "sin: no parameter 'x' (it has none)" }, { "mean", "dims=3", "mean: dims must be a text, found 3 (an integer)" },
        { "mean", "keepdims=1", "mean: keepdims must be true or false, found 1" },
        { "round", "decimals=1.5", "round: decimals must be an integer, found 1.5 (a real number)" },
        { "cast", NULL, "cast: the parameter dtype (dtype) is missing" },
        { "cast", "dtype=float16", "cast: dtype must be the name of a dtype" },
        { "broadcast_to", "shape=[1,'a']", "broadcast_to: shape must be a list of at most 64 integers, found [1, 'a']" },
        { "mean", "dims='x", "mean: parameters: expected a closing '" }, { "add", NULL, "add: takes 2 arrays: a, b; found 1" },
        { "zeros", "dtype=int8; shape=[1]", "zeros: takes 0 arrays; found 1" }, { "mean", "dims=z", "mean: " },
        { "quantile", "q=2", "quantile: q must be from 0 to 1" },
        { "quantiles", "q=0.5", "quantiles: q must be a list of at most 64 real numbers, found 0.5 (a real number)" },
        { "quantiles", "q=[]", "quantile: q must have one number or more" },
        { "quantiles", "q=[0.5,'x']", "quantiles: q must be a list of at most 64 real numbers" } };
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        ash_array bad = ash_apply(ctx, rows[k].op, 1, &m, rows[k].params);
        if (ash_ok(bad) || !strstr(ash_error(ctx), rows[k].sentence)) {
            fail_msg(
                "%s(%s): expected '%s', found '%s'", rows[k].op, rows[k].params ? rows[k].params : "", rows[k].sentence, ash_error(ctx));
        }
    }
    ash_context *other = context_with(1, NULL);
    assert_false(ash_ok(ash_apply(other, "sin", 1, &m, NULL)));
    assert_sentence(other, ASH_ERR_HANDLE, "sin");
    ash_context_free(other);
    assert_false(ash_ok(ash_apply(NULL, "sin", 1, &m, NULL)));
    assert_false(ash_ok(ash_apply(ctx, "sin", 1, NULL, NULL)));
    assert_false(ash_ok(ash_apply(ctx, "sin", 1, &(ash_array){ 0 }, NULL)));
    assert_int_equal(ash_op_info(-1, &(ash_operation_info){ 0 }), ASH_ERR_ARGUMENT);
    assert_int_equal(ash_op_info(ash_op_count(), &(ash_operation_info){ 0 }), ASH_ERR_ARGUMENT);
    ash_context_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operation_by_name),
        cmocka_unit_test(aliases_lead_somewhere),
        cmocka_unit_test(all_outputs),
        cmocka_unit_test(mistakes_are_sentences),
    };
    return cmocka_run_group_tests_name("apply", tests, NULL, NULL);
}
