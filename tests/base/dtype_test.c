#include "base_test.h"

#include "base/dtype.h"

#include <math.h>
#include <stdio.h>

static void names_sizes_kinds(void **state) {
    (void)state;
    assert_string_equal(ash_dtype_name(ASH_COMPLEX128), "complex128");
    assert_string_equal(ash_dtype_name(ASH_DTYPE_COUNT), "?");
    assert_string_equal(ash_dtype_name((ash_dtype)-1), "?");
    assert_int_equal(ash_dtype_size(ASH_BOOL), 1);
    assert_int_equal(ash_dtype_size(ASH_COMPLEX128), 16);
    assert_int_equal(ash_dtype_size(ASH_DTYPE_COUNT), 0);
    assert_int_equal(ash_dtype_kind(ASH_UINT16), 'u');
    assert_int_equal(ash_dtype_kind((ash_dtype)99), 0);
    for (int i = 0; i < ASH_DTYPE_COUNT; i++) {
        ash_dtype dtype = ASH_DTYPE_COUNT;
        assert_true(ash_dtype_parse(ash_dtype_name((ash_dtype)i), &dtype));
        assert_int_equal(dtype, i);
    }
    ash_dtype untouched = ASH_INT8;
    assert_false(ash_dtype_parse("float", &untouched));
    assert_false(ash_dtype_parse(NULL, &untouched));
    assert_int_equal(untouched, ASH_INT8);
}

/* Written from numpy.result_type; the columns are in the order of the rows. */
static const char *const numpy_promotion[ASH_DTYPE_COUNT][2] = {
    { "bool", "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64 complex64 complex128" },
    { "int8", "int8 int8 int16 int32 int64 int16 int32 int64 float64 float32 float64 complex64 complex128" },
    { "int16", "int16 int16 int16 int32 int64 int16 int32 int64 float64 float32 float64 complex64 complex128" },
    { "int32", "int32 int32 int32 int32 int64 int32 int32 int64 float64 float64 float64 complex128 complex128" },
    { "int64", "int64 int64 int64 int64 int64 int64 int64 int64 float64 float64 float64 complex128 complex128" },
    { "uint8", "uint8 int16 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64 complex64 complex128" },
    { "uint16", "uint16 int32 int32 int32 int64 uint16 uint16 uint32 uint64 float32 float64 complex64 complex128" },
    { "uint32", "uint32 int64 int64 int64 int64 uint32 uint32 uint32 uint64 float64 float64 complex128 complex128" },
    { "uint64", "uint64 float64 float64 float64 float64 uint64 uint64 uint64 uint64 float64 float64 complex128 complex128" },
    { "float32", "float32 float32 float32 float64 float64 float32 float32 float64 float64 float32 float64 complex64 complex128" },
    { "float64", "float64 float64 float64 float64 float64 float64 float64 float64 float64 float64 float64 complex128 complex128" },
    { "complex64", "complex64 complex64 complex64 complex128 complex128 complex64 complex64 complex128 complex128"
        " complex64 complex128 complex64 complex128" },
    { "complex128", "complex128 complex128 complex128 complex128 complex128 complex128 complex128 complex128 complex128"
        " complex128 complex128 complex128 complex128" },
};

static void promotion_is_numpy_s(void **state) {
    (void)state;
    for (int a = 0; a < ASH_DTYPE_COUNT; a++) {
        char row[256] = "";
        for (int b = 0; b < ASH_DTYPE_COUNT; b++) {
            ash_dtype promoted = ash_dtype_promote((ash_dtype)a, (ash_dtype)b);
            size_t used = strlen(row);
            snprintf(row + used, sizeof row - used, "%s%s", b > 0 ? " " : "", ash_dtype_name(promoted));
            assert_int_equal(promoted, ash_dtype_promote((ash_dtype)b, (ash_dtype)a));
        }
        assert_string_equal(ash_dtype_name((ash_dtype)a), numpy_promotion[a][0]);
        assert_string_equal(row, numpy_promotion[a][1]);
    }
    assert_int_equal(ash_dtype_promote(ASH_INT8, ASH_DTYPE_COUNT), ASH_DTYPE_COUNT);
    assert_int_equal(ash_dtype_promote((ash_dtype)-3, ASH_INT8), ASH_DTYPE_COUNT);
}

static void weak_promotion(void **state) {
    (void)state;
    static const struct {
        ash_dtype strong;
        ash_dtype expected[4]; /* with bool, int, float, complex */
    } rows[] = {
        { ASH_BOOL, { ASH_BOOL, ASH_INT64, ASH_FLOAT64, ASH_COMPLEX128 } },
        { ASH_INT8, { ASH_INT8, ASH_INT8, ASH_FLOAT64, ASH_COMPLEX128 } },
        { ASH_INT64, { ASH_INT64, ASH_INT64, ASH_FLOAT64, ASH_COMPLEX128 } },
        { ASH_UINT8, { ASH_UINT8, ASH_UINT8, ASH_FLOAT64, ASH_COMPLEX128 } },
        { ASH_FLOAT32, { ASH_FLOAT32, ASH_FLOAT32, ASH_FLOAT32, ASH_COMPLEX64 } },
        { ASH_FLOAT64, { ASH_FLOAT64, ASH_FLOAT64, ASH_FLOAT64, ASH_COMPLEX128 } },
        { ASH_COMPLEX64, { ASH_COMPLEX64, ASH_COMPLEX64, ASH_COMPLEX64, ASH_COMPLEX64 } },
        { ASH_COMPLEX128, { ASH_COMPLEX128, ASH_COMPLEX128, ASH_COMPLEX128, ASH_COMPLEX128 } },
        { ASH_DTYPE_COUNT, { ASH_DTYPE_COUNT, ASH_DTYPE_COUNT, ASH_DTYPE_COUNT, ASH_DTYPE_COUNT } },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int k = 0; k < 4; k++)
            assert_int_equal(ash_dtype_promote_weak(rows[i].strong, "bifc"[k]), rows[i].expected[k]);
    assert_int_equal(ash_dtype_of_weak('b'), ASH_BOOL);
    assert_int_equal(ash_dtype_of_weak('i'), ASH_INT64);
    assert_int_equal(ash_dtype_of_weak('f'), ASH_FLOAT64);
    assert_int_equal(ash_dtype_of_weak('c'), ASH_COMPLEX128);
    assert_int_equal(ash_dtype_of_weak('x'), ASH_DTYPE_COUNT);
    assert_int_equal(ash_dtype_real(ASH_COMPLEX64), ASH_FLOAT32);
    assert_int_equal(ash_dtype_real(ASH_INT16), ASH_INT16);
    assert_int_equal(ash_dtype_to_float(ASH_INT16), ASH_FLOAT32);
    assert_int_equal(ash_dtype_to_float(ASH_BOOL), ASH_FLOAT32);
    assert_int_equal(ash_dtype_to_float(ASH_UINT32), ASH_FLOAT64);
    assert_int_equal(ash_dtype_to_float(ASH_COMPLEX64), ASH_COMPLEX64);
}

static int64_t stored_integer(ash_dtype dtype, ash_dtype from, ash_number value) {
    unsigned char element[17];
    memset(element, 0xaa, sizeof element);
    ash_number_store(dtype, element, from, value);
    assert_int_equal(element[ash_dtype_size(dtype)], 0xaa); /* nothing behind the element is touched */
    return ash_number_load(dtype, element).i;
}

static ash_number real(double value) {
    return (ash_number){ .f = value };
}

static void floating_to_integer_truncates_and_saturates(void **state) {
    (void)state;
    static const struct {
        ash_dtype dtype;
        double value;
        int64_t expected;
    } cases[] = {
        { ASH_INT8, 3.9, 3 }, { ASH_INT8, -3.9, -3 }, { ASH_INT8, 127.9, 127 }, { ASH_INT8, 128.0, 127 }, { ASH_INT8, -128.9, -128 },
        { ASH_INT8, -1e30, -128 },
        { ASH_UINT8, -0.5, 0 }, { ASH_UINT8, -7.0, 0 }, { ASH_UINT8, 255.9, 255 }, { ASH_UINT8, 256.0, 255 },
        { ASH_INT32, 2147483647.5, INT32_MAX }, { ASH_INT32, -2147483648.5, INT32_MIN }, { ASH_UINT32, 4294967295.5, UINT32_MAX },
        { ASH_INT64, 9223372036854775808.0, INT64_MAX }, { ASH_INT64, -9223372036854775808.0, INT64_MIN },
        { ASH_INT64, 9223372036854774784.0, 9223372036854774784 },
        { ASH_UINT64, 18446744073709551616.0, -1 }, { ASH_UINT64, 9223372036854775808.0, INT64_MIN },
        { ASH_INT16, INFINITY, INT16_MAX }, { ASH_INT16, -INFINITY, INT16_MIN }, { ASH_INT64, NAN, 0 }, { ASH_UINT16, NAN, 0 },
        { ASH_BOOL, NAN, 1 }, { ASH_BOOL, 0.25, 1 }, { ASH_BOOL, -0.0, 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(stored_integer(cases[i].dtype, ASH_FLOAT64, real(cases[i].value)), cases[i].expected);
}

static void integers_wrap_and_round_once(void **state) {
    (void)state;
    assert_int_equal(stored_integer(ASH_INT8, ASH_INT32, (ash_number){ .i = 300 }), 44);
    assert_int_equal(stored_integer(ASH_INT8, ASH_UINT64, (ash_number){ .u = UINT64_MAX }), -1);
    assert_int_equal(stored_integer(ASH_UINT16, ASH_INT64, (ash_number){ .i = -1 }), 65535);
    assert_int_equal(stored_integer(ASH_BOOL, ASH_INT32, (ash_number){ .i = 256 }), 1);
    float narrow = 0.0f;
    double wide = 0.0;
    ash_number_store(ASH_FLOAT32, &narrow, ASH_INT64, (ash_number){ .i = (INT64_C(1) << 60) + (INT64_C(1) << 36) + 1 });
    assert_true(narrow == ldexpf(8388609.0f, 37)); /* by way of double it would round down */
    ash_number_store(ASH_FLOAT64, &wide, ASH_UINT64, (ash_number){ .u = UINT64_MAX });
    assert_true(wide == 18446744073709551616.0);
    ash_number_store(ASH_FLOAT64, &wide, ASH_BOOL, (ash_number){ .i = 1 });
    assert_true(wide == 1.0);
}

static void complex_values(void **state) {
    (void)state;
    ash_number value = { .c = { 1.5, -2.5 } };
    float single[2] = { 0.0f, 0.0f };
    double wide = 0.0;
    ash_number_store(ASH_COMPLEX64, single, ASH_COMPLEX128, value);
    assert_true(single[0] == 1.5f && single[1] == -2.5f);
    ash_number loaded = ash_number_load(ASH_COMPLEX64, single);
    assert_true(loaded.c[0] == 1.5 && loaded.c[1] == -2.5);
    ash_number_store(ASH_FLOAT64, &wide, ASH_COMPLEX64, loaded);
    assert_true(wide == 1.5);
    assert_int_equal(stored_integer(ASH_INT16, ASH_COMPLEX128, value), 1);
    assert_int_equal(stored_integer(ASH_BOOL, ASH_COMPLEX128, (ash_number){ .c = { 0.0, 1.0 } }), 1);
    ash_number_store(ASH_COMPLEX64, single, ASH_INT32, (ash_number){ .i = 7 });
    assert_true(single[0] == 7.0f && single[1] == 0.0f);
}

static void load_every_dtype_unaligned(void **state) {
    (void)state;
    for (int i = 0; i < ASH_DTYPE_COUNT; i++) {
        unsigned char memory[24] = { 0 };
        double back = 0.0;
        ash_number_store((ash_dtype)i, memory + 1, ASH_FLOAT64, real(1.0));
        ash_number_store(ASH_FLOAT64, &back, (ash_dtype)i, ash_number_load((ash_dtype)i, memory + 1));
        assert_true(back == 1.0);
    }
    assert_int_equal(ash_number_load(ASH_BOOL, "\x05").i, 1);
    ash_number_store(ASH_DTYPE_COUNT, NULL, ASH_INT8, real(0.0));
}

static void which_integers_fit(void **state) {
    (void)state;
    assert_true(ash_integer_fits(ASH_INT8, -128) && ash_integer_fits(ASH_INT8, 127));
    assert_false(ash_integer_fits(ASH_INT8, 128) || ash_integer_fits(ASH_INT8, -129));
    assert_true(ash_integer_fits(ASH_UINT32, UINT32_MAX) && ash_integer_fits(ASH_UINT64, INT64_MAX));
    assert_false(ash_integer_fits(ASH_UINT32, INT64_C(1) << 32) || ash_integer_fits(ASH_UINT64, -1));
    assert_true(ash_integer_fits(ASH_INT64, INT64_MIN) && ash_integer_fits(ASH_FLOAT32, INT64_MIN) && ash_integer_fits(ASH_COMPLEX64, 5));
    assert_true(ash_integer_fits(ASH_BOOL, 1));
    assert_false(ash_integer_fits(ASH_BOOL, 2) || ash_integer_fits(ASH_DTYPE_COUNT, 0));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_sizes_kinds),
        cmocka_unit_test(promotion_is_numpy_s),
        cmocka_unit_test(weak_promotion),
        cmocka_unit_test(floating_to_integer_truncates_and_saturates),
        cmocka_unit_test(integers_wrap_and_round_once),
        cmocka_unit_test(complex_values),
        cmocka_unit_test(load_every_dtype_unaligned),
        cmocka_unit_test(which_integers_fit),
    };
    return cmocka_run_group_tests_name("base: dtype", tests, NULL, NULL);
}
