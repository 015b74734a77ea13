/* Which copy of a kernel to use: one row a level of instruction set. The only file that asks the CPU. */
#include "kernels/levels.h"

#include <stddef.h>

const char *const ash_isa_names[ASH_ISA_COUNT] = {"baseline", "avx2", "avx512"};

typedef struct ash_level {
    const ash_elementwise_table *elementwise;
    const ash_cast_table *cast;
    const ash_unpack_table *unpack;
    const ash_reduce_table *reduce;
    const ash_scan_table *scan;
    const ash_product_table *product;
} ash_level;

#define LEVEL(name) {&ash_elementwise_loops_##name, &ash_cast_loops_##name, &ash_unpack_loops_##name, &ash_reduce_kernels_##name, &ash_scan_kernels_##name, &ash_product_kernels_##name}

static const ash_level levels[ASH_ISA_COUNT] = {
    [ASH_ISA_BASELINE] = LEVEL(baseline),
#ifdef ASH_WITH_AVX2
    [ASH_ISA_AVX2] = LEVEL(avx2),
#endif
#ifdef ASH_WITH_AVX512
    [ASH_ISA_AVX512] = LEVEL(avx512),
#endif
};

/* The extensions that -march=x86-64-v3 and -v4 let the compiler use, as far as they can be asked for. */
static int cpu_supports(ash_isa isa)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    const int v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
                   __builtin_cpu_supports("popcnt");
    const int v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
                   __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    return isa == ASH_ISA_BASELINE || (isa == ASH_ISA_AVX2 && v3) || (isa == ASH_ISA_AVX512 && v4);
#else
    return isa == ASH_ISA_BASELINE;
#endif
}

int ash_isa_supported(ash_isa isa)
{
    return isa >= 0 && isa < ASH_ISA_COUNT && levels[isa].elementwise != NULL && cpu_supports(isa);
}

ash_isa ash_isa_best(void)
{
    ash_isa best = ASH_ISA_BASELINE;
    for (int isa = 0; isa < ASH_ISA_COUNT; isa++)
        if (ash_isa_supported((ash_isa)isa))
            best = (ash_isa)isa;
    return best;
}

/* The transcendental functions of a level; NULL without SLEEF. On processors with FMA those of the baseline use it too, for equal bits. */
static const ash_transcendental_table *transcendental(ash_isa isa)
{
#if !defined(ASH_WITH_SLEEF)
    (void)isa;
    return NULL;
#else
#if defined(ASH_WITH_AVX512)
    if (isa == ASH_ISA_AVX512)
        return &ash_transcendental_loops_avx512;
#endif
#if defined(ASH_WITH_AVX2)
    if (isa == ASH_ISA_AVX2)
        return &ash_transcendental_loops_avx2;
#endif
#if defined(ASH_WITH_FMA)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return &ash_transcendental_loops_fma;
#endif
    (void)isa;
    return &ash_transcendental_loops_baseline;
#endif
}

static int is_dtype(ash_dtype dtype)
{
    return dtype >= 0 && dtype < ASH_DTYPE_COUNT;
}

/* The loop of an operation, and of which speed it is. NULL where there is none. */
static ash_block_kernel *find_loop(ash_isa isa, ash_op op, ash_dtype loop, ash_speed *speed)
{
    const ash_transcendental_table *table = loop == ASH_FLOAT32 || loop == ASH_FLOAT64 ? transcendental(isa) : NULL;
    *speed = ASH_SPEED_TRANSCENDENTAL;
    if (table != NULL && (*table)[loop == ASH_FLOAT64][op] != NULL)
        return (*table)[loop == ASH_FLOAT64][op];
    ash_block_kernel *kernel = (*levels[isa].elementwise)[loop][op];
    *speed = kernel == NULL ? ASH_SPEED_SCALAR : ash_op_table[op].divides ? ASH_SPEED_DIVIDE : ASH_SPEED_VECTOR;
    return kernel != NULL ? kernel : ash_elementwise_loops_once[loop][op];
}

ash_block_kernel *ash_kernel_elementwise(ash_isa isa, ash_op op, ash_dtype loop)
{
    ash_speed speed;
    return is_dtype(loop) && op >= 0 && op < ASH_OP_COUNT ? find_loop(isa, op, loop, &speed) : NULL;
}

ash_speed ash_kernel_speed(ash_op op, ash_dtype loop)
{
    ash_speed speed;
    find_loop(ASH_ISA_BASELINE, op, loop, &speed);
    return speed;
}

ash_block_kernel *ash_kernel_cast(ash_isa isa, ash_dtype from, ash_dtype to)
{
    return is_dtype(from) && is_dtype(to) && from != to ? (*levels[isa].cast)[to][from] : NULL;
}

ash_block_kernel *ash_kernel_unpack(ash_isa isa, ash_dtype stored, ash_dtype to)
{
    if (!is_dtype(stored) || (to != ASH_FLOAT32 && to != ASH_FLOAT64))
        return NULL;
    return (*levels[isa].unpack)[to == ASH_FLOAT64][stored];
}

const ash_reduce_kernel *ash_kernel_reduce(ash_isa isa, ash_reduction reduction, ash_dtype in)
{
    if (!is_dtype(in) || reduction < 0 || reduction >= ASH_REDUCTION_COUNT)
        return NULL;
    return &(*levels[isa].reduce)[in][reduction];
}

const ash_scan_kernel *ash_kernel_scan(ash_isa isa, ash_scan scan, ash_dtype dtype)
{
    return &(*levels[isa].scan)[dtype][scan];
}

ash_product_kernel *ash_kernel_product(ash_isa isa, ash_dtype dtype)
{
    return (*levels[isa].product)[dtype];
}
