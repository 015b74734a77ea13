/* Conversions, CF unpacking and dates. */
#include "kernels_test.h"

static void test_casts_follow_single_values(void **state)
{
    (void)state;
    static block in, out;
    for (int isa = 0; isa < ASH_ISA_COUNT; isa++)
        for (int from = 0; ash_isa_supported((ash_isa)isa) && from < ASH_DTYPE_COUNT; from++)
            for (int to = 0; to < ASH_DTYPE_COUNT; to++) {
                ash_block_kernel *kernel = ash_kernel_cast((ash_isa)isa, (ash_dtype)from, (ash_dtype)to);
                assert_int_equal(kernel == NULL, from == to);
                for (int64_t n = 0; kernel != NULL && n <= ASH_BLOCK; n += n < 68 ? 1 : 47) {
                    const int64_t in_size = ash_dtype_size((ash_dtype)from), out_size = ash_dtype_size((ash_dtype)to);
                    random_block((ash_dtype)from, in.bytes, n, (uint64_t)(n + from));
                    block_clear(&out);
                    kernel(n, (void *[]){out.bytes}, (const void *[]){in.bytes}, NULL);
                    for (int64_t i = 0; i < n; i++) {
                        unsigned char expected[16];
                        ash_number_store((ash_dtype)to, expected, (ash_dtype)from, ash_number_load((ash_dtype)from, in.bytes + i * in_size));
                        if (!same_element((ash_dtype)to, expected, out.bytes + i * out_size))
                            fail_msg("%s to %s on %s, n = %d: element %d", ash_dtype_name((ash_dtype)from), ash_dtype_name((ash_dtype)to), ash_isa_names[isa], (int)n, (int)i);
                    }
                    assert_true(block_is_clean(&out, n * out_size));
                }
            }
}

static void test_cast_edges(void **state)
{
    (void)state;
    static const struct {
        double value;
        int64_t i8, i32, i64;
        uint64_t u8, u32, u64;
    } rows[] = {
        {NAN, 0, 0, 0, 0, 0, 0},
        {INFINITY, INT8_MAX, INT32_MAX, INT64_MAX, UINT8_MAX, UINT32_MAX, UINT64_MAX},
        {-INFINITY, INT8_MIN, INT32_MIN, INT64_MIN, 0, 0, 0},
        {127.9, 127, 127, 127, 127, 127, 127},
        {-128.9, -128, -128, -128, 0, 0, 0},
        {-0.9, 0, 0, 0, 0, 0, 0},
        {255.999, 127, 255, 255, 255, 255, 255},
        {2147483648.0, 127, INT32_MAX, 2147483648, 255, 2147483648, 2147483648},
        {-2147483649.0, -128, INT32_MIN, -2147483649, 0, 0, 0},
        {9223372036854775808.0, 127, INT32_MAX, INT64_MAX, 255, UINT32_MAX, UINT64_C(9223372036854775808)},
        {18446744073709551616.0, 127, INT32_MAX, INT64_MAX, 255, UINT32_MAX, UINT64_MAX},
    };
    static const ash_dtype targets[] = {ASH_INT8, ASH_INT32, ASH_INT64, ASH_UINT8, ASH_UINT32, ASH_UINT64};
    for (int isa = 0; isa < ASH_ISA_COUNT; isa++)
        for (size_t r = 0; ash_isa_supported((ash_isa)isa) && r < sizeof(rows) / sizeof(rows[0]); r++) {
            const uint64_t expected[] = {(uint64_t)rows[r].i8, (uint64_t)rows[r].i32, (uint64_t)rows[r].i64, rows[r].u8, rows[r].u32, rows[r].u64};
            double in[32];
            for (int i = 0; i < 32; i++)
                in[i] = rows[r].value;
            for (int t = 0; t < 6; t++) {
                unsigned char out[32 * 8];
                ash_kernel_cast((ash_isa)isa, ASH_FLOAT64, targets[t])(32, (void *[]){out}, (const void *[]){in}, NULL);
                for (int i = 0; i < 32; i++)
                    assert_true(ash_number_load(targets[t], out + i * ash_dtype_size(targets[t])).u == expected[t]);
            }
        }
}

/* One element by the words of the header. */
static double unpack_one(const ash_unpack *unpack, ash_dtype stored, ash_dtype to, ash_number number)
{
    const char kind = ash_dtype_kind(stored);
    for (int m = 0; m < unpack->missing_count; m++)
        if (kind == 'f' ? number.f == unpack->missing[m].f : number.i == unpack->missing[m].i)
            return NAN;
    if (to == ASH_FLOAT32) {
        float value = kind == 'f' ? (float)number.f : kind == 'u' ? (float)number.u : (float)number.i;
        value = unpack->has_scale ? value * (float)unpack->scale : value;
        return unpack->has_offset ? value + (float)unpack->offset : value;
    }
    double value = kind == 'f' ? number.f : kind == 'u' ? (double)number.u : (double)number.i;
    value = unpack->has_scale ? value * unpack->scale : value;
    return unpack->has_offset ? value + unpack->offset : value;
}

static void check_unpack(ash_isa isa, ash_dtype stored, ash_dtype to, const ash_unpack *unpack, int64_t n)
{
    static block in, out;
    ash_block_kernel *kernel = ash_kernel_unpack(isa, stored, to);
    const int64_t in_size = ash_dtype_size(stored), out_size = ash_dtype_size(to);
    random_block(stored, in.bytes, n, (uint64_t)n);
    for (int m = 0; m < unpack->missing_count; m++)
        for (int64_t i = m; i < n; i += 7)
            ash_number_store(stored, in.bytes + i * in_size, stored, unpack->missing[m]);
    for (int in_place = 0; in_place <= (in_size == out_size); in_place++) {
        block_clear(&out);
        if (in_place)
            memcpy(out.bytes, in.bytes, (size_t)(n * in_size));
        kernel(n, (void *[]){out.bytes}, (const void *[]){in_place ? out.bytes : in.bytes}, unpack);
        for (int64_t i = 0; i < n; i++) {
            const double expected = unpack_one(unpack, stored, to, ash_number_load(stored, in.bytes + i * in_size));
            const double found = ash_number_load(to, out.bytes + i * out_size).f;
            if (memcmp(&expected, &found, sizeof(double)) != 0 && !(isnan(expected) && isnan(found)))
                fail_msg("unpack %s to %s on %s: expected %g, found %g", ash_dtype_name(stored), ash_dtype_name(to), ash_isa_names[isa], expected, found);
        }
        assert_true(block_is_clean(&out, n * out_size));
    }
}

static void test_unpack(void **state)
{
    (void)state;
    for (int isa = 0; isa < ASH_ISA_COUNT; isa++)
        for (int stored = ASH_INT8; ash_isa_supported((ash_isa)isa) && stored <= ASH_FLOAT64; stored++)
            for (int bits = 0; bits < 16; bits++) {
                ash_number missing[3];
                for (int m = 0; m < 3; m++) {
                    const ash_number number = {.i = 3 + 40 * m};
                    unsigned char element[8];
                    ash_number_store((ash_dtype)stored, element, ASH_INT64, number);
                    missing[m] = ash_number_load((ash_dtype)stored, element);
                }
                const ash_unpack unpack = {bits & 3, missing, (bits & 4) != 0, (bits & 8) != 0, 0.1, -273.15, 0, 0, {0}, {0}};
                if (ash_dtype_size((ash_dtype)stored) < 8)
                    check_unpack((ash_isa)isa, (ash_dtype)stored, ASH_FLOAT32, &unpack, ASH_BLOCK_OF(float));
                for (int64_t n = 0; n <= ASH_BLOCK; n += n < 40 ? 1 : 54) {
                    check_unpack((ash_isa)isa, (ash_dtype)stored, ASH_FLOAT32, &unpack, n);
                    check_unpack((ash_isa)isa, (ash_dtype)stored, ASH_FLOAT64, &unpack, n);
                }
            }
    assert_null(ash_kernel_unpack(ASH_ISA_BASELINE, ASH_BOOL, ASH_FLOAT32));
    assert_null(ash_kernel_unpack(ASH_ISA_BASELINE, ASH_INT16, ASH_INT32));
}

static void test_dates(void **state)
{
    (void)state;
    ash_error_state error = {0};
    ash_date_parameter parameter;
    assert_int_equal(ash_time_units_parse("days since 2000-01-01", NULL, "test", &parameter.units, &error), ASH_OK);
    const double time[] = {0, 59, 365.5, -1, NAN, INFINITY};
    const int64_t whole[] = {0, 59, 366};
    int32_t out[6];
    parameter.field = ASH_FIELD_MONTH;
    ash_kernel_date(ASH_FLOAT64)(6, (void *[]){out}, (const void *[]){time}, &parameter);
    assert_true(out[0] == 1 && out[1] == 2 && out[2] == 12 && out[3] == 12 && out[4] == INT32_MIN && out[5] == INT32_MIN);
    parameter.field = ASH_FIELD_YEARMONTH;
    ash_kernel_date(ASH_INT64)(3, (void *[]){out}, (const void *[]){whole}, &parameter);
    assert_true(out[0] == 24000 && out[1] == 24001 && out[2] == 24012);
    assert_null(ash_kernel_date(ASH_FLOAT32));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_casts_follow_single_values), cmocka_unit_test(test_cast_edges), cmocka_unit_test(test_unpack), cmocka_unit_test(test_dates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
