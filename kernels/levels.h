/* What each level of instruction set provides to the dispatcher: one table a family, under a name with the level's suffix. */
#ifndef ASH_KERNELS_LEVELS_H
#define ASH_KERNELS_LEVELS_H

#include "kernels/kernels.h"

typedef ash_block_kernel *const *const ash_elementwise_table[ASH_DTYPE_COUNT]; /* of arrays indexed by ash_op, entries may be NULL */
typedef ash_block_kernel *const *const ash_cast_table[ASH_DTYPE_COUNT];        /* by target, of arrays indexed by source */
typedef ash_block_kernel *const ash_unpack_table[2][ASH_DTYPE_COUNT];          /* by target (float32, float64) and source */
typedef const ash_reduce_kernel *const ash_reduce_table[ASH_DTYPE_COUNT];      /* of arrays indexed by ash_reduction */
typedef const ash_scan_kernel *const ash_scan_table[ASH_DTYPE_COUNT];          /* of arrays indexed by ash_scan */
typedef ash_product_kernel *const ash_product_table[ASH_DTYPE_COUNT];
typedef ash_block_kernel *const *const ash_transcendental_table[2];            /* of float32 and float64, of arrays indexed by ash_op */

extern const ash_elementwise_table ash_elementwise_loops_baseline, ash_elementwise_loops_avx2, ash_elementwise_loops_avx512;
extern const ash_elementwise_table ash_elementwise_loops_once;
extern const ash_cast_table ash_cast_loops_baseline, ash_cast_loops_avx2, ash_cast_loops_avx512;
extern const ash_unpack_table ash_unpack_loops_baseline, ash_unpack_loops_avx2, ash_unpack_loops_avx512;
extern const ash_reduce_table ash_reduce_kernels_baseline, ash_reduce_kernels_avx2, ash_reduce_kernels_avx512;
extern const ash_scan_table ash_scan_kernels_baseline, ash_scan_kernels_avx2, ash_scan_kernels_avx512;
extern const ash_product_table ash_product_kernels_baseline, ash_product_kernels_avx2, ash_product_kernels_avx512;
/* Transcendental functions by vector width; "fma" are those of the baseline for processors with FMA. */
extern const ash_transcendental_table ash_transcendental_loops_baseline, ash_transcendental_loops_fma;
extern const ash_transcendental_table ash_transcendental_loops_avx2, ash_transcendental_loops_avx512;

#endif
