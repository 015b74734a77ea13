/* Conversions between dtypes, one level of instruction set. */
#include "kernels/levels.h"
#include "kernels/types.h"

#define TEMPLATE "kernels/cast_dtype.h"
#include "kernels/each_dtype.h"

const ash_cast_table ASH_ISA(ash_cast_loops) = {
    casts_BOOL,
    casts_INT8,
    casts_INT16,
    casts_INT32,
    casts_INT64,
    casts_UINT8,
    casts_UINT16,
    casts_UINT32,
    casts_UINT64,
    casts_FLOAT32,
    casts_FLOAT64,
    casts_COMPLEX64,
    casts_COMPLEX128,
};
