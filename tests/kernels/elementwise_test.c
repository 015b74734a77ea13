/* Elementwise loops: the same bits on every level for every length, and NumPy's values. */
#include "kernels_test.h"

typedef struct numpy_case {
    ash_op op;
    ash_dtype dtype;
    int output;
    ash_number numbers[ASH_MAX_PARAMETERS];
    const double *expected;
} numpy_case;
#include "numpy_expected.h"

typedef struct value_list {
    const double *values;
    int count;
} value_list;
#define VALUES(dtype, parts) [ASH_##dtype] = {values_##dtype, (int)(sizeof(values_##dtype) / sizeof(double)) / (parts)}
static const value_list value_lists[ASH_DTYPE_COUNT] = {
    VALUES(BOOL, 1), VALUES(INT8, 1), VALUES(UINT8, 1), VALUES(FLOAT32, 1), VALUES(FLOAT64, 1), VALUES(COMPLEX128, 2),
};

static ash_dtype input_dtype(const ash_op_descriptor *info, int input, ash_dtype loop)
{
    return info->input_dtype[input] == ASH_DTYPE_COUNT ? loop : info->input_dtype[input];
}

/* Runs a loop on inputs made from `seed`, in place in the inputs if told to; the outputs follow in `out`. */
static void run(ash_block_kernel *kernel, ash_op op, ash_dtype loop, int64_t n, uint64_t seed, int in_place, block out[2])
{
    const ash_op_descriptor *info = &ash_op_table[op];
    static block in[3];
    const void *inputs[3] = {NULL, NULL, NULL};
    void *outputs[2] = {NULL, NULL};
    ash_number numbers[ASH_MAX_PARAMETERS];
    for (int i = 0; i < info->parameters; i++) {
        numbers[i].i = 1;
        if (info->parameter[i].kind == 'f')
            numbers[i].f = 0.5;
    }
    for (int i = 0; i < info->inputs; i++) {
        random_block(input_dtype(info, i, loop), in[i].bytes, n, seed + (uint64_t)i);
        inputs[i] = in[i].bytes;
    }
    for (int i = 0; i < info->outputs; i++) {
        block_clear(&out[i]);
        outputs[i] = in_place ? in[i + (info->input_dtype[0] != ASH_DTYPE_COUNT)].bytes : out[i].bytes;
    }
    kernel(n, outputs, inputs, numbers);
    for (int i = 0; in_place && i < info->outputs; i++)
        memcpy(out[i].bytes, outputs[i], (size_t)(n * ash_dtype_size(ash_op_result_dtype(op, i, loop))));
}

static void same_bits(ash_isa isa, ash_op op, ash_dtype loop, int64_t n, int in_place)
{
    static block expected[2], found[2];
    for (int i = 0; in_place && i < ash_op_table[op].outputs; i++)
        if (ash_dtype_size(ash_op_result_dtype(op, i, loop)) != ash_dtype_size(loop))
            return;
    run(ash_kernel_elementwise(ASH_ISA_BASELINE, op, loop), op, loop, n, (uint64_t)(n + 1), 0, expected);
    run(ash_kernel_elementwise(isa, op, loop), op, loop, n, (uint64_t)(n + 1), in_place, found);
    for (int i = 0; i < ash_op_table[op].outputs; i++) {
        const ash_dtype result = ash_op_result_dtype(op, i, loop);
        const int64_t at = first_difference(result, expected[i].bytes, found[i].bytes, n);
        if (at >= 0)
            fail_msg("%s of %s on %s%s, n = %d: element %d differs from baseline", ash_op_table[op].name, ash_dtype_name(loop), ash_isa_names[isa],
                in_place ? " in place" : "", (int)n, (int)at);
        if (!block_is_clean(&found[i], n * ash_dtype_size(result)))
            fail_msg("%s of %s on %s, n = %d: wrote beyond its output", ash_op_table[op].name, ash_dtype_name(loop), ash_isa_names[isa], (int)n);
    }
}

/* Narrow elements come in longer blocks. */
static int64_t longest_block(ash_op op, ash_dtype loop)
{
    const ash_op_descriptor *info = &ash_op_table[op];
    int64_t widest = 1;
    for (int i = 0; i < info->inputs; i++) {
        const int64_t size = ash_dtype_size(input_dtype(info, i, loop));
        widest = size > widest ? size : widest;
    }
    for (int i = 0; i < info->outputs; i++) {
        const int64_t size = ash_dtype_size(ash_op_result_dtype(op, i, loop));
        widest = size > widest ? size : widest;
    }
    return widest < 8 ? ASH_BLOCK * 8 / widest : ASH_BLOCK;
}

static void test_same_bits_on_all_levels(void **state)
{
    (void)state;
    for (int isa = 0; isa < ASH_ISA_COUNT; isa++) {
        if (!ash_isa_supported((ash_isa)isa)) {
            print_message("%s: not compiled in or not in this CPU, skipped\n", ash_isa_names[isa]);
            continue;
        }
        for (int op = 0; op < ASH_OP_COUNT; op++)
            for (int loop = 0; loop < ASH_DTYPE_COUNT; loop++) {
                if (ash_kernel_elementwise((ash_isa)isa, (ash_op)op, (ash_dtype)loop) == NULL)
                    continue;
                const int64_t longest = longest_block((ash_op)op, (ash_dtype)loop);
                for (int64_t n = 0; n <= longest; n += n < 68 ? 1 : n < ASH_BLOCK - 47 ? 47 : n == longest ? 1 : longest - n) {
                    same_bits((ash_isa)isa, (ash_op)op, (ash_dtype)loop, n, 0);
                    same_bits((ash_isa)isa, (ash_op)op, (ash_dtype)loop, n, 1);
                }
            }
    }
}

/* Every dtype an operation accepts has a loop, on every level, and none that it refuses. */
static void test_loops_are_complete(void **state)
{
    (void)state;
    for (int op = 0; op < ASH_OP_COUNT; op++)
        for (int dtype = 0; dtype < ASH_DTYPE_COUNT; dtype++) {
            const ash_dtype loop = ash_op_loop((ash_op)op, (ash_dtype)dtype);
            const int accepted = strchr(ash_op_table[op].kinds, ash_dtype_kind((ash_dtype)dtype)) != NULL;
            assert_int_equal(loop != ASH_DTYPE_COUNT, accepted);
            for (int isa = 0; accepted && isa < ASH_ISA_COUNT; isa++)
                if (ash_isa_supported((ash_isa)isa) && ash_kernel_elementwise((ash_isa)isa, (ash_op)op, loop) == NULL)
                    fail_msg("%s has no loop for %s", ash_op_table[op].name, ash_dtype_name(loop));
        }
}

/* Functions of the C library may differ from NumPy's by a few units in the last place. */
static int close_enough(ash_dtype dtype, const double *expected, const double *found, int parts)
{
    const double tolerance = ash_dtype_size(ash_dtype_real(dtype)) == 4 ? 1e-6 : 4e-15;
    const double length = parts == 2 ? hypot(expected[0], expected[1]) : fabs(expected[0]);
    for (int i = 0; i < parts; i++) {
        if (isnan(expected[i]) && isnan(found[i]))
            continue;
        if (expected[i] == found[i] && (expected[i] != 0 || signbit(expected[i]) == signbit(found[i]) || parts == 2))
            continue;
        if (!isfinite(expected[i]) || !(fabs(expected[i] - found[i]) <= tolerance * length))
            return 0;
    }
    return 1;
}

/* Element `which` of all combinations of the values, for input `input` of `inputs`. */
static void load_value(ash_dtype from, ash_dtype loop, int64_t which, int input, int inputs, void *out)
{
    const value_list *list = &value_lists[from];
    for (int i = inputs - 1; i > input; i--)
        which /= list->count;
    which %= list->count;
    const int parts = ash_dtype_kind(from) == 'c' ? 2 : 1;
    const ash_number number = {.c = {list->values[which * parts], list->values[which * parts + parts - 1]}};
    ash_number_store(loop, out, parts == 2 ? ASH_COMPLEX128 : ASH_FLOAT64, number);
}

static void check_numpy_case(const numpy_case *row, ash_isa isa)
{
    const ash_op_descriptor *info = &ash_op_table[row->op];
    const ash_dtype loop = ash_op_loop(row->op, row->dtype), result = ash_op_result_dtype(row->op, row->output, loop);
    const int parts = ash_dtype_kind(result) == 'c' ? 2 : 1;
    int64_t combinations = 1;
    for (int i = 0; i < info->inputs; i++)
        combinations *= value_lists[row->dtype].count;
    for (int64_t k = 0; k < combinations; k++) {
        block in[3], out[2];
        for (int i = 0; i < info->inputs; i++)
            load_value(row->dtype, loop, k, i, info->inputs, in[i].bytes);
        ash_kernel_elementwise(isa, row->op, loop)(
            1, (void *[]){out[0].bytes, out[1].bytes}, (const void *[]){in[0].bytes, in[1].bytes, in[2].bytes}, row->numbers);
        ash_number number;
        ash_number_store(parts == 2 ? ASH_COMPLEX128 : ASH_FLOAT64, &number, result, ash_number_load(result, out[row->output].bytes));
        if (!close_enough(result, &row->expected[k * parts], number.c, parts))
            fail_msg("%s of %s, combination %d: expected %.17g (%.17g), found %.17g (%.17g)", info->name, ash_dtype_name(row->dtype), (int)k,
                row->expected[k * parts], row->expected[k * parts + parts - 1], number.c[0], number.c[parts - 1]);
    }
}

static void test_numpy_values(void **state)
{
    (void)state;
    const int rows = (int)(sizeof(numpy_cases) / sizeof(numpy_cases[0]));
    int seen[ASH_OP_COUNT] = {[ASH_OP_WHERE] = 1, [ASH_OP_LDEXP] = 1}; /* have tests of their own */
    for (int i = 0; i < rows; i++) {
        check_numpy_case(&numpy_cases[i], ash_isa_best());
        seen[numpy_cases[i].op] = 1;
    }
    for (int op = 0; op < ASH_OP_COUNT; op++)
        if (!seen[op])
            fail_msg("%s has no cases: run numpy_expected.py", ash_op_table[op].name);
}

static void test_divmod_is_both(void **state)
{
    (void)state;
    for (int loop = ASH_INT8; loop <= ASH_FLOAT64; loop++) {
        block both[2], quotient[2], rest[2];
        const ash_isa isa = ash_isa_best();
        run(ash_kernel_elementwise(isa, ASH_OP_DIVMOD, (ash_dtype)loop), ASH_OP_DIVMOD, (ash_dtype)loop, ASH_BLOCK, 5, 0, both);
        run(ash_kernel_elementwise(isa, ASH_OP_FLOOR_DIVIDE, (ash_dtype)loop), ASH_OP_FLOOR_DIVIDE, (ash_dtype)loop, ASH_BLOCK, 5, 0, quotient);
        run(ash_kernel_elementwise(isa, ASH_OP_REMAINDER, (ash_dtype)loop), ASH_OP_REMAINDER, (ash_dtype)loop, ASH_BLOCK, 5, 0, rest);
        assert_int_equal(first_difference((ash_dtype)loop, both[0].bytes, quotient[0].bytes, ASH_BLOCK), -1);
        assert_int_equal(first_difference((ash_dtype)loop, both[1].bytes, rest[0].bytes, ASH_BLOCK), -1);
    }
}

static void test_where(void **state)
{
    (void)state;
    const uint8_t condition[4] = {1, 0, 0, 1};
    const int32_t a[4] = {1, 2, 3, 4}, b[4] = {-1, -2, -3, -4};
    int32_t out[4];
    for (int isa = 0; isa < ASH_ISA_COUNT; isa++) {
        if (!ash_isa_supported((ash_isa)isa))
            continue;
        ash_kernel_elementwise((ash_isa)isa, ASH_OP_WHERE, ASH_INT32)(4, (void *[]){out}, (const void *[]){condition, a, b}, NULL);
        assert_true(out[0] == 1 && out[1] == -2 && out[2] == -3 && out[3] == 4);
    }
}

static void test_ldexp(void **state)
{
    (void)state;
    const double a[6] = {0.75, -1, 1, 5e-324, INFINITY, 3};
    const int64_t exponent[6] = {2, -1074, INT64_MAX, 1074, INT64_MIN, INT64_MIN};
    const double expected[6] = {3, -5e-324, INFINITY, 1, INFINITY, 0};
    double out[6];
    ash_kernel_elementwise(ash_isa_best(), ASH_OP_LDEXP, ASH_FLOAT64)(6, (void *[]){out}, (const void *[]){a, exponent}, NULL);
    for (int i = 0; i < 6; i++)
        assert_true(out[i] == expected[i]);
}

/* Arguments at which a step on the way overflows, though the result need not. */
static void test_far_arguments(void **state)
{
    (void)state;
    const double a[6] = {1e308, 700, INFINITY, NAN, -1e308, 1}, half[2] = {1.5, -2.5};
    double out[6];
    ash_kernel_elementwise(ash_isa_best(), ASH_OP_I0, ASH_FLOAT64)(6, (void *[]){out}, (const void *[]){a}, NULL);
    assert_true(out[0] == INFINITY && out[1] > 1.5e302 && out[1] < 1.6e302 && out[2] == INFINITY && isnan(out[3]) && out[4] == INFINITY);
    ash_kernel_elementwise(ash_isa_best(), ASH_OP_ROUND, ASH_FLOAT64)(2, (void *[]){out}, (const void *[]){half}, &(ash_number){.i = INT64_MIN});
    assert_true(out[0] == 0 && out[1] == 0 && signbit(out[1]));
    ash_kernel_elementwise(ash_isa_best(), ASH_OP_ROUND, ASH_FLOAT64)(2, (void *[]){out}, (const void *[]){half}, &(ash_number){.i = INT64_MAX});
    assert_true(out[0] == 1.5 && out[1] == -2.5);
}

/* Integer arithmetic against wide arithmetic, for all pairs of int8. */
static void test_int8_pairs(void **state)
{
    (void)state;
    for (int a = -128; a < 128; a++)
        for (int b = -128; b < 128; b++) {
            const int8_t x = (int8_t)a, y = (int8_t)b;
            int8_t out[2];
            const void *in[] = {&x, &y};
            void *to[] = {&out[0], &out[1]};
            ash_kernel_elementwise(ASH_ISA_BASELINE, ASH_OP_MUL, ASH_INT8)(1, to, in, NULL);
            assert_int_equal(out[0], (int8_t)(a * b));
            ash_kernel_elementwise(ASH_ISA_BASELINE, ASH_OP_SUB, ASH_INT8)(1, to, in, NULL);
            assert_int_equal(out[0], (int8_t)(a - b));
            ash_kernel_elementwise(ASH_ISA_BASELINE, ASH_OP_DIVMOD, ASH_INT8)(1, to, in, NULL);
            assert_int_equal(out[0], b == 0 ? 0 : (int8_t)floor((double)a / b));
            assert_int_equal(out[1], b == 0 ? 0 : a - b * (int)floor((double)a / b));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loops_are_complete), cmocka_unit_test(test_same_bits_on_all_levels), cmocka_unit_test(test_numpy_values),
        cmocka_unit_test(test_divmod_is_both),     cmocka_unit_test(test_where),
        cmocka_unit_test(test_ldexp), cmocka_unit_test(test_far_arguments),                   cmocka_unit_test(test_int8_pairs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
