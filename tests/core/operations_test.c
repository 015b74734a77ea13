/* Every operation and every reduction against a table of what NumPy says: values, dtypes, what is refused. An operation without a row
 * fails. Links the library's objects, to walk its own tables. */
#include "core_test.h"
#include "oracle.h"

#include "expr/elementwise.h"
#include "expr/reduce.h"

#include <math.h>

enum { VALUES = 4, REDUCED = 7 };

typedef struct value_row {
    const char *op;
    int output;
    ash_number numbers[ASH_MAX_PARAMETERS];
    const char *dtype[3];
    const char *result;
    double in[3][VALUES][2];
    double out[VALUES][2];
} value_row;

typedef struct dtype_row {
    const char *op;
    ash_number numbers[ASH_MAX_PARAMETERS];
    const char *row[ASH_DTYPE_COUNT];
} dtype_row;

typedef struct reduce_row {
    const char *reduction, *dtype, *result;
    double in[6][2];
    double out[REDUCED][2]; /* axis 0: 3, axis 1: 2, both: 1, both with ddof 1: 1 */
} reduce_row;

#include "operations_expected.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

/* ---- Finding and storing ---- */

static ash_dtype dtype_named(const char *name) {
    int k = 0;
    while (k < ASH_DTYPE_COUNT && strcmp(ash_dtype_name((ash_dtype)k), name) != 0) {
        k++;
    }
    return (ash_dtype)k;
}

static ash_op op_named(const char *name) {
    int k = 0;
    while (k < ASH_OP_COUNT && strcmp(ash_op_table[k].name, name) != 0) {
        k++;
    }
    assert_true(k < ASH_OP_COUNT);
    return (ash_op)k;
}

static void store(ash_dtype dtype, void *memory, int64_t k, const double value[2]) {
    cell_store(dtype, (char *)memory + k * ash_dtype_size(dtype),
        (cell){ .i = dtype < ASH_FLOAT32 ? (int64_t)value[0] : 0, .re = value[0], .im = value[1] });
}

static void load(ash_dtype dtype, const void *memory, int64_t k, double value[2]) {
    cell x = cell_load(dtype, (const char *)memory + k * ash_dtype_size(dtype));
    value[0] = dtype >= ASH_FLOAT32 ? (double)x.re : dtype == ASH_UINT64 ? (double)(uint64_t)x.i : (double)x.i;
    value[1] = (double)x.im;
}

/* Equal; within some units in the last place if floating; any NaN of a complex number for any other. */
static int agrees(ash_dtype dtype, const double expected[2], const double found[2]) {
    if (isnan(expected[0]) || isnan(expected[1]) || isnan(found[0]) || isnan(found[1])) {
        return (isnan(expected[0]) || isnan(expected[1])) && (isnan(found[0]) || isnan(found[1]));
    }
    double epsilon = dtype == ASH_FLOAT32 || dtype == ASH_COMPLEX64 ? 1.2e-7
        : dtype >= ASH_FLOAT32                                      ? 2.3e-16
                                                                    : 0,
           size = 1 + fmax(fabs(expected[0]), fabs(expected[1]));
    for (int part = 0; part < 2; part++) {
        if (expected[part] != found[part] && !(fabs(expected[part] - found[part]) <= 8 * epsilon * size)) {
            return 0;
        }
    }
    return 1;
}

static void compare(const char *what, ash_array a, const char *result, int n, const double expected[][2]) {
    if (!ash_ok(a)) {
        fail_msg("%s: %s", what, ash_error(a.context));
    }
    ash_dtype dtype = ash_array_dtype(a);
    if (strcmp(ash_dtype_name(dtype), result) != 0) {
        fail_msg("%s: expected %s, found %s", what, result, ash_dtype_name(dtype));
    }
    void *values = values_of(a);
    for (int k = 0; k < n; k++) {
        double found[2];
        load(dtype, values, k, found);
        if (!agrees(dtype, expected[k], found)) {
            fail_msg(
                "%s: element %d: expected %.17g%+.17gi, found %.17g%+.17gi", what, k, expected[k][0], expected[k][1], found[0], found[1]);
        }
    }
    free(values);
}

/* ---- Operations ---- */

static void operations_give_what_numpy_gives(void **state) {
    (void)state;
    static double memory[3][2 * VALUES];
    char covered[ASH_OP_COUNT] = { 0 };
    ash_context *ctx = context_with(1, NULL);
    for (int r = 0; r < COUNT(value_rows); r++) {
        const value_row *row = &value_rows[r];
        ash_op op = op_named(row->op);
        ash_array in[3], out[2];
        char what[200];
        for (int k = 0; k < ash_op_table[op].inputs; k++) {
            ash_dtype dtype = dtype_named(row->dtype[k]);
            for (int i = 0; i < VALUES; i++) {
                store(dtype, memory[k], i, row->in[k][i]);
            }
            in[k] = vector_of(ctx, dtype, VALUES, memory[k], k == 1 ? "3" : "2");
        }
        snprintf(what, sizeof what, "%s, output %d, of %s %s %s", row->op, row->output, row->dtype[0], row->dtype[1] ? row->dtype[1] : "",
            row->dtype[2] ? row->dtype[2] : "");
        ash_elementwise(op, in, row->numbers, out);
        compare(what, out[row->output], row->result, VALUES, row->out);
        covered[op] = 1;
    }
    for (int op = 0; op < ASH_OP_COUNT; op++) {
        if (!covered[op]) {
            fail_msg("%s has no row in operations_expected.py", ash_op_table[op].name);
        }
    }
    ash_context_free(ctx);
}

/* ---- dtypes ---- */

static ash_dtype digit(char c) {
    return (ash_dtype)(c == '-' ? ASH_DTYPE_COUNT : c <= '9' ? c - '0' : c - 'a' + 10);
}

static void check_dtype(const char *what, ash_array a, char expected) {
    if (ash_array_dtype(a) != digit(expected)) {
        fail_msg("%s: expected %s, found %s", what, expected == '-' ? "refused" : ash_dtype_name(digit(expected)),
            ash_ok(a) ? ash_dtype_name(ash_array_dtype(a)) : ash_error(a.context));
    }
    if (expected == '-') {
        assert_false(ash_ok(a));
        assert_sentence(a.context, ASH_ERR_DTYPE, "does not accept");
    }
}

static void operations_promote_as_numpy(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    char covered[ASH_OP_COUNT] = { 0 };
    for (int r = 0; r < COUNT(dtype_rows); r++) {
        ash_op op = op_named(dtype_rows[r].op);
        const ash_op_descriptor *info = &ash_op_table[op];
        for (int a = 0; a < ASH_DTYPE_COUNT; a++) {
            for (int b = 0; dtype_rows[r].row[a][b]; b++) {
                ash_array in[3], out[2];
                char what[200];
                ash_dtype dtype[3] = { (ash_dtype)a, (ash_dtype)b, (ash_dtype)b };
                if (info->inputs == 3) {
                    dtype[0] = info->input_dtype[0] == ASH_DTYPE_COUNT ? (ash_dtype)a : ASH_BOOL;
                    dtype[1] = (ash_dtype)a;
                }
                for (int k = 0; k < info->inputs; k++) {
                    in[k] = ash_ones(ctx, dtype[k], 1, (int64_t[]){ 1 }, NULL);
                }
                ash_elementwise(op, in, dtype_rows[r].numbers, out);
                snprintf(what, sizeof what, "%s of %s and %s", info->name, ash_dtype_name((ash_dtype)a), ash_dtype_name((ash_dtype)b));
                for (int k = 0; k < info->outputs && (k == 0 || info->result[k] == info->result[0]); k++) {
                    check_dtype(what, out[k], dtype_rows[r].row[a][b]);
                }
            }
        }
        covered[op] = 1;
    }
    for (int op = 0; op < ASH_OP_COUNT; op++) {
        assert_true(covered[op]);
    }
    ash_context_free(ctx);
}

static void weak_scalars_change_kinds_only(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    for (int r = 0; r < COUNT(weak_rows); r++) {
        for (int a = 0; a < ASH_DTYPE_COUNT; a++) {
            const ash_array scalars[] = { ash_bool(ctx, true), ash_int(ctx, 1), ash_real(ctx, 1), ash_complex(ctx, 0, 1) };
            ash_array strong = ash_ones(ctx, (ash_dtype)a, 1, (int64_t[]){ 1 }, NULL);
            for (int s = 0; s < 4; s++) {
                ash_array out[2];
                char what[200];
                snprintf(what, sizeof what, "%s of %s and scalar %d", weak_rows[r].op, ash_dtype_name((ash_dtype)a), s);
                ash_elementwise(op_named(weak_rows[r].op), (ash_array[]){ strong, scalars[s] }, NULL, out);
                check_dtype(what, out[0], weak_rows[r].row[a][s]);
            }
        }
    }
    /* What several outputs give is an array, whose value nothing checks any more: it has a dtype. */
    ash_array parts[2];
    ash_elementwise(ASH_OP_DIVMOD, (ash_array[]){ ash_int(ctx, 300), ash_int(ctx, 1) }, NULL, parts);
    assert_int_equal(ash_array_dtype(ash_add(ash_zeros(ctx, ASH_UINT8, 0, NULL, NULL), parts[0])), ASH_INT64);
    /* Among themselves they stay weak: (1 + 1) + int8 is int8. */
    ash_array two = ash_add(ash_int(ctx, 1), ash_int(ctx, 1)), small = ash_ones(ctx, ASH_INT8, 1, (int64_t[]){ 1 }, NULL);
    assert_int_equal(ash_array_dtype(two), ASH_INT64);
    assert_int_equal(ash_array_dtype(ash_add(small, two)), ASH_INT8);
    /* A cast makes them strong. */
    assert_int_equal(ash_array_dtype(ash_add(small, ash_cast(ash_int(ctx, 1), ASH_INT64))), ASH_INT64);
    /* An integer that does not fit is refused. */
    assert_false(ash_ok(ash_add(small, ash_int(ctx, 200))));
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "200 does not fit int8");
    assert_false(ash_ok(ash_add(ash_ones(ctx, ASH_UINT16, 1, (int64_t[]){ 1 }, NULL), ash_int(ctx, -1))));
    assert_sentence(ctx, ASH_ERR_ARGUMENT, "-1 does not fit uint16");
    ash_context_free(ctx);
}

/* Any dtype to any other: values that both can hold stay. */
static void casts_keep_values(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    double memory[4];
    for (int from = 0; from < ASH_DTYPE_COUNT; from++) {
        for (int to = 0; to < ASH_DTYPE_COUNT; to++) {
            store((ash_dtype)from, memory, 0, (double[]){ 0, 0 });
            store((ash_dtype)from, memory, 1, (double[]){ 1, 0 });
            ash_array a = ash_cast(vector_of(ctx, (ash_dtype)from, 2, memory, NULL), (ash_dtype)to);
            compare("cast", a, ash_dtype_name((ash_dtype)to), 2, (const double[][2]){ { 0, 0 }, { 1, 0 } });
        }
    }
    const double out_of_range[4] = { -1e30, 300.7, NAN, INFINITY };
    ash_array a = vector_of(ctx, ASH_FLOAT64, 4, out_of_range, NULL);
    compare("to uint8", ash_cast(a, ASH_UINT8), "uint8", 4, (const double[][2]){ { 0 }, { 255 }, { 0 }, { 255 } });
    compare("to int16", ash_cast(a, ASH_INT16), "int16", 4, (const double[][2]){ { -32768 }, { 300 }, { 0 }, { 32767 } });
    compare("to bool", ash_cast(a, ASH_BOOL), "bool", 4, (const double[][2]){ { 1 }, { 1 }, { 1 }, { 1 } });
    const int32_t wide[3] = { 256, -1, 70000 };
    compare(
        "wraps", ash_cast(vector_of(ctx, ASH_INT32, 3, wide, NULL), ASH_UINT8), "uint8", 3, (const double[][2]){ { 0 }, { 255 }, { 112 } });
    ash_context_free(ctx);
}

/* ---- Reductions ---- */

static void check_reduction(ash_context *ctx, const reduce_row *row, ash_reduction reduction, const char *chunks) {
    static const struct {
        const char *dims;
        int ddof, first, n;
    } ways[] = { { "0", 0, 0, 3 }, { "1", 0, 3, 2 }, { NULL, 0, 5, 1 }, { "-1,0", 1, 6, 1 } };
    double memory[12];
    ash_dtype dtype = dtype_named(row->dtype);
    for (int k = 0; k < 6; k++) {
        store(dtype, memory, k, row->in[k]);
    }
    for (int w = 0; w < COUNT(ways); w++) {
        ash_array a = ash_from_buffer(ctx, dtype, 2, (int64_t[]){ 2, 3 }, memory, &(ash_make_options){ .chunks = chunks });
        for (int keep = 0; keep < 2; keep++) {
            char what[200];
            snprintf(
                what, sizeof what, "%s of %s over %s, chunks %s", row->reduction, row->dtype, ways[w].dims ? ways[w].dims : "all", chunks);
            ash_array b = ash_reduce(reduction, a, ways[w].dims, &(ash_reduce_options){ .ddof = ways[w].ddof, .keepdims = keep });
            compare(what, b, row->result, ways[w].n, &row->out[ways[w].first]);
            assert_int_equal(ash_ndim(b), keep ? 2 : 2 - (w < 2 ? 1 : 2));
        }
    }
    /* The same numbers by groups: columns one group each in another order, rows all in one group. */
    if (ash_reduction_table[reduction].has_group) {
        static const int64_t order[3] = { 2, 0, 1 }, one[2] = { 0, 0 };
        ash_array a = ash_from_buffer(ctx, dtype, 2, (int64_t[]){ 2, 3 }, memory, &(ash_make_options){ .chunks = chunks });
        ash_array rows = ash_group_reduce(reduction, a, "0", vector_of(ctx, ASH_INT64, 2, one, NULL), NULL);
        compare(row->reduction, rows, row->result, 3, row->out);
        ash_array columns =
            ash_group_reduce(reduction, ash_reduce(ASH_REDUCE_MIN, a, "0", NULL), "0", vector_of(ctx, ASH_INT64, 3, order, "2"), NULL);
        assert_good(columns);
        assert_int_equal(ash_extent(columns, 0), 3);
    }
}

static void reductions_give_what_numpy_gives(void **state) {
    (void)state;
    static const char *const chunkings[] = { "-1,-1", "1,1", "1,2", "2,1+2" };
    char covered[ASH_REDUCTION_COUNT] = { 0 };
    ash_context *ctx = context_with(1, NULL);
    for (int r = 0; r < COUNT(reduce_rows); r++) {
        int reduction = 0;
        while (reduction < ASH_REDUCTION_COUNT && strcmp(ash_reduction_table[reduction].name, reduce_rows[r].reduction) != 0) {
            reduction++;
        }
        assert_true(reduction < ASH_REDUCTION_COUNT);
        for (int c = 0; c < COUNT(chunkings); c++) {
            check_reduction(ctx, &reduce_rows[r], (ash_reduction)reduction, chunkings[c]);
        }
        covered[reduction] = 1;
    }
    for (int k = 0; k < ASH_REDUCTION_COUNT; k++) {
        if (!covered[k]) {
            fail_msg("%s has no row in operations_expected.py", ash_reduction_table[k].name);
        }
    }
    ash_context_free(ctx);
}

/* What nothing gives: 0 for sums, 1 for products, NaN for means, an error where there is no value. */
static void reductions_of_no_elements(void **state) {
    (void)state;
    static const struct {
        const char *name;
        double value; /* INFINITY: refused */
    } rows[] = { { "sum", 0 }, { "prod", 1 }, { "mean", NAN }, { "var", NAN }, { "std", NAN }, { "min", INFINITY }, { "max", INFINITY },
        { "argmin", INFINITY }, { "argmax", INFINITY }, { "any", 0 }, { "all", 1 }, { "count", 0 }, { "count_nonzero", 0 }, { "nansum", 0 },
        { "nanprod", 1 }, { "nanmean", NAN }, { "nanvar", NAN }, { "nanstd", NAN }, { "nanmin", INFINITY }, { "nanmax", INFINITY },
        { "nanany", 0 }, { "nanall", 1 } };
    ash_context *ctx = context_with(1, NULL);
    for (int r = 0; r < COUNT(rows); r++) {
        for (int k = 0; k < ASH_REDUCTION_COUNT; k++) {
            if (strcmp(ash_reduction_table[k].name, rows[r].name) != 0) {
                continue;
            }
            ash_array empty = ash_zeros(ctx, ASH_FLOAT64, 2, (int64_t[]){ 3, 0 }, NULL), a = ash_reduce((ash_reduction)k, empty, "1", NULL);
            if (rows[r].value == INFINITY) {
                assert_false(ash_ok(a));
                assert_sentence(ctx, ASH_ERR_SHAPE, "no elements");
            } else {
                double v = rows[r].value;
                assert_good(a);
                compare(rows[r].name, a, ash_dtype_name(ash_array_dtype(a)), 3, (const double[][2]){ { v }, { v }, { v } });
            }
            a = ash_reduce((ash_reduction)k, empty, "0", NULL); /* no cell, so nothing is missing */
            assert_good(a);
            assert_int_equal(ash_size(a), 0);
            free(values_of(a));
        }
    }
    ash_context_free(ctx);
}

/* ---- Groups ---- */

static void groups(void **state) {
    (void)state;
    ash_context *ctx = context_with(2, NULL);
    const double x[6] = { 1, 2, 3, 4, 5, NAN };
    const int32_t labels[6] = { 0, 2, -5, 0, 2, 2 }, high[6] = { 0, 1, 2, 3, 4, 7 };
    ash_array a = vector_of(ctx, ASH_FLOAT64, 6, x, "4"), l = vector_of(ctx, ASH_INT32, 6, labels, "-1"),
              h = vector_of(ctx, ASH_INT32, 6, high, NULL);
    compare("sum", ash_group_sum(a, "0", l), "float64", 3, (const double[][2]){ { 5 }, { 0 }, { NAN } });
    compare("nanmean", ash_group_nanmean(a, "0", l), "float64", 3, (const double[][2]){ { 2.5 }, { NAN }, { 3.5 } });
    compare("min", ash_group_min(a, "0", l), "float64", 3, (const double[][2]){ { 1 }, { NAN }, { NAN } });
    compare("count", ash_group_count(a, "0", l), "int64", 3, (const double[][2]){ { 2 }, { 0 }, { 2 } });
    compare("groups", ash_group_sum_with(a, "0", l, &(ash_reduce_options){ .groups = 5 }), "float64", 5,
        (const double[][2]){ { 5 }, { 0 }, { NAN }, { 0 }, { 0 } });
    assert_false(ash_ok(ash_group_sum_with(a, "0", h, &(ash_reduce_options){ .groups = 5 })));
    assert_sentence(ctx, ASH_ERR_INDEX, "label 7 is beyond the last of 5 groups");
    assert_false(ash_ok(ash_group_max(ash_cast(a, ASH_INT32), "0", l)));
    assert_sentence(ctx, ASH_ERR_SHAPE, "group 1 has no members");
    compare("take", ash_group_take(vector_of(ctx, ASH_FLOAT64, 3, x, NULL), "0", l), "float64", 6,
        (const double[][2]){ { 1 }, { 3 }, { NAN }, { 1 }, { 3 }, { 3 } });
    assert_false(ash_ok(ash_group_take(vector_of(ctx, ASH_INT32, 3, high, NULL), "0", l)));
    assert_sentence(ctx, ASH_ERR_DTYPE, "int32 cannot hold");
    assert_false(ash_ok(ash_group_take(a, "0", h)));
    assert_sentence(ctx, ASH_ERR_INDEX, "label 7 is beyond the last of 6 groups");
    ash_context_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operations_give_what_numpy_gives),
        cmocka_unit_test(operations_promote_as_numpy),
        cmocka_unit_test(weak_scalars_change_kinds_only),
        cmocka_unit_test(casts_keep_values),
        cmocka_unit_test(reductions_give_what_numpy_gives),
        cmocka_unit_test(reductions_of_no_elements),
        cmocka_unit_test(groups),
    };
    return cmocka_run_group_tests_name("operations", tests, NULL, NULL);
}
