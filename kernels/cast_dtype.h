/* Template: the conversions from every dtype to this one, as the table casts_<DTYPE>. */
#include "kernels/functions.h"

/* The range of an integer dtype. */
#if DTYPE_KIND == 'i'
#define HIGHEST ((int64_t)(UINT64_MAX >> (65 - BITS)))
#define LOWEST (-HIGHEST - 1)
#else
#define HIGHEST (UINT64_MAX >> (64 - BITS))
#define LOWEST 0
#endif
#define HIGHEST_PLUS_1 ((double)(HIGHEST / 2 + 1) * 2)

#define PAIR_TEMPLATE "kernels/cast_pair.h"
#include "kernels/each_from.h"
#undef PAIR_TEMPLATE

#undef LOWEST
#undef HIGHEST
#undef HIGHEST_PLUS_1

static ash_block_kernel *const FN(casts)[ASH_DTYPE_COUNT] = {
    FN(cast_BOOL),
    FN(cast_INT8),
    FN(cast_INT16),
    FN(cast_INT32),
    FN(cast_INT64),
    FN(cast_UINT8),
    FN(cast_UINT16),
    FN(cast_UINT32),
    FN(cast_UINT64),
    FN(cast_FLOAT32),
    FN(cast_FLOAT64),
    FN(cast_COMPLEX64),
    FN(cast_COMPLEX128),
};
