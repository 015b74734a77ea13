/* Accuracy of the transcendental functions, in units of the last place, against long double; special values; tails and in-place use. */
#include "kernels_test.h"

#include <float.h>

/* The bounds documented in ops.h; near an overflow, and for huge arguments of inverse functions, the C library is called, whose bound is 2. The C library's own functions, used without SLEEF, are not all that good. */
#ifdef ASH_WITH_SLEEF
static const double bound = 1.001;
#else
static const double bound = 3;
#endif

enum { SAMPLES = 40 * ASH_BLOCK };

typedef struct function {
    ash_op op;
    long double (*one)(long double);
    long double (*two)(long double, long double);
} function;

static const function functions[] = {
    { ASH_OP_EXP, expl, NULL },
    { ASH_OP_EXP2, exp2l, NULL },
    { ASH_OP_EXPM1, expm1l, NULL },
    { ASH_OP_LOG, logl, NULL },
    { ASH_OP_LOG2, log2l, NULL },
    { ASH_OP_LOG10, log10l, NULL },
    { ASH_OP_LOG1P, log1pl, NULL },
    { ASH_OP_SIN, sinl, NULL },
    { ASH_OP_COS, cosl, NULL },
    { ASH_OP_TAN, tanl, NULL },
    { ASH_OP_ASIN, asinl, NULL },
    { ASH_OP_ACOS, acosl, NULL },
    { ASH_OP_ATAN, atanl, NULL },
    { ASH_OP_SINH, sinhl, NULL },
    { ASH_OP_COSH, coshl, NULL },
    { ASH_OP_TANH, tanhl, NULL },
    { ASH_OP_ASINH, asinhl, NULL },
    { ASH_OP_ACOSH, acoshl, NULL },
    { ASH_OP_ATANH, atanhl, NULL },
    { ASH_OP_CBRT, cbrtl, NULL },
    { ASH_OP_ATAN2, NULL, atan2l },
    { ASH_OP_HYPOT, NULL, hypotl },
    { ASH_OP_POW, NULL, powl },
};

static uint64_t seed = 88172645463325252u;

static uint64_t random_bits(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

/* Special values first; then bit patterns, small numbers and numbers around the limits of exp in turn. */
static double sample(int is_float, int64_t k)
{
    const double largest = is_float ? FLT_MAX : DBL_MAX, least = is_float ? FLT_MIN : DBL_MIN, step = is_float ? 0x1p-149 : 0x1p-1074;
    const double specials[] = {0, -0.0, 1, -1, INFINITY, -INFINITY, NAN, step, -step, least, largest, -largest, 0.5, -0.5, 2, 10, 709.78, 710.4, -745.2, 88.7, 89.4,
        -103.9, 1024, -1074, 128, -149, 1e-30, 1e30};
    const double unit = (double)(random_bits() >> 11) / 0x1p53 - 0.5;
    union { uint64_t u; double d; uint32_t w[2]; float f[2]; } bits = {.u = random_bits()};
    if (k < (int64_t)(sizeof specials / sizeof *specials))
        return specials[k];
    switch (k % 4) {
    case 0: return is_float ? (double)bits.f[0] : bits.d;
    case 1: return unit * 4;
    case 2: return unit * (is_float ? 220 : 1500);
    default: return unit * 40;
    }
}

/* How far `found` is from `exact`, in units of the last place of the result; huge for wrong special values. */
static double units(int is_float, double found, long double exact)
{
    const double rounded = is_float ? (double)(float)exact : (double)exact;
    int exponent;
    if (isnan(found) || isnan(rounded))
        return isnan(found) && isnan(rounded) ? 0 : INFINITY;
    if (isinf(found) || isinf(rounded) || (found == 0 && rounded == 0))
        return found == rounded && signbit(found) == signbit(rounded) ? 0 : INFINITY;
    frexp(rounded, &exponent);
    exponent -= is_float ? 24 : 53;
    const int lowest = is_float ? -149 : -1074;
    return (double)(fabsl((long double)found - exact) / ldexpl(1, exponent < lowest || rounded == 0 ? lowest : exponent));
}

static void check_block(const function *f, ash_dtype dtype, int64_t first)
{
    static block in[2], out;
    const int is_float = dtype == ASH_FLOAT32;
    for (int input = 0; input < 2; input++)
        for (int64_t i = 0; i < ASH_BLOCK; i++) {
            const double x = sample(is_float, input == 0 ? (first + i) % 1024 : (first + i) / 29);
            ash_number_store(dtype, in[input].bytes + i * ash_dtype_size(dtype), ASH_FLOAT64, (ash_number){.f = x});
        }
    ash_kernel_elementwise(ash_isa_best(), f->op, dtype)(ASH_BLOCK, (void *[]){out.bytes}, (const void *[]){in[0].bytes, in[1].bytes}, NULL);
    for (int64_t i = 0; i < ASH_BLOCK; i++) {
        const int64_t at = i * ash_dtype_size(dtype);
        const double x = ash_number_load(dtype, in[0].bytes + at).f, y = ash_number_load(dtype, in[1].bytes + at).f;
        const double found = ash_number_load(dtype, out.bytes + at).f;
        const double off = units(is_float, found, f->one ? f->one(x) : f->two(x, y));
        const int is_far = fabs(found) > (is_float ? FLT_MAX : DBL_MAX) / 16 || fabs(x) > (is_float ? 1e18 : 1e150);
        if (!(off <= bound + is_far))
            fail_msg("%s of %s, %.17g, %.17g: %.17g is %.4f units of the last place off", ash_op_table[f->op].name, ash_dtype_name(dtype), x, y, found, off);
    }
}

static void test_accuracy(void **state)
{
    (void)state;
    for (int k = 0; k < (int)(sizeof functions / sizeof *functions); k++)
        for (int64_t first = 0; first < SAMPLES; first += ASH_BLOCK) {
            check_block(&functions[k], ASH_FLOAT32, first);
            check_block(&functions[k], ASH_FLOAT64, first);
        }
}

/* The last numbers before an overflow, where SLEEF has infinities already. */
static void test_near_overflow(void **state)
{
    static block in[2], out;
    static const double cases[][2] = {{709.782712, 0}, {33.98541073753783, 201.30361151107485}, {-3.4028234663852886e38, 8}, {3, 2000}, {0, -1}};
    (void)state;
    for (int k = 0; k < 5; k++) {
        for (int input = 0; input < 2; input++)
            memcpy(in[input].bytes, &cases[k][input], sizeof(double));
        ash_kernel_elementwise(ash_isa_best(), k == 0 ? ASH_OP_EXP : ASH_OP_POW, ASH_FLOAT64)(1, (void *[]){out.bytes},
            (const void *[]){in[0].bytes, in[1].bytes}, NULL);
        const double found = ash_number_load(ASH_FLOAT64, out.bytes).f, x = cases[k][0], y = cases[k][1];
        const double off = units(0, found, k == 0 ? expl((long double)x) : powl((long double)x, (long double)y));
        if (!(off <= bound))
            fail_msg("%.17g, %.17g: %.17g is %.4f units of the last place off", x, y, found, off);
    }
}

/* An element has the same bits wherever it stands in a block of whatever length, in place too. */
static void test_place_does_not_matter(void **state)
{
    (void)state;
    for (int k = 0; k < (int)(sizeof functions / sizeof *functions); k++)
        for (ash_dtype dtype = ASH_FLOAT32; dtype <= ASH_FLOAT64; dtype++) {
            static block in, alone, out;
            const int64_t size = ash_dtype_size(dtype);
            ash_block_kernel *kernel = ash_kernel_elementwise(ash_isa_best(), functions[k].op, dtype);
            for (int64_t i = 0; i < 40; i++) {
                ash_number_store(dtype, in.bytes + i * size, ASH_FLOAT64, (ash_number){.f = sample(dtype == ASH_FLOAT32, 7 * i)});
                kernel(1, (void *[]){alone.bytes + i * size}, (const void *[]){in.bytes + i * size, in.bytes + i * size}, NULL);
            }
            for (int64_t n = 0; n <= 40; n++) {
                block_clear(&out);
                memcpy(out.bytes, in.bytes, (size_t)(n * size));
                kernel(n, (void *[]){out.bytes}, (const void *[]){out.bytes, in.bytes}, NULL);
                if (first_difference(dtype, alone.bytes, out.bytes, n) >= 0 || !block_is_clean(&out, n * size))
                    fail_msg("%s of %s in a block of %d", ash_op_table[functions[k].op].name, ash_dtype_name(dtype), (int)n);
            }
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_accuracy), cmocka_unit_test(test_near_overflow), cmocka_unit_test(test_place_does_not_matter)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
