/* CF unpacking: stored values to floating values, with missing ones as NaN, scaled and shifted. One level of instruction set. */
#include "kernels/levels.h"
#include "kernels/types.h"

#define TEMPLATE "kernels/unpack_dtype.h"

#define TO float
#define TO_NAME FLOAT32
#include "kernels/each_real.h"
#undef TO
#undef TO_NAME

#define TO double
#define TO_NAME FLOAT64
#include "kernels/each_real.h"
#undef TO
#undef TO_NAME

/* bool and complex have no stored form with missing values. */
const ash_unpack_table ASH_ISA(ash_unpack_loops) = {
    { NULL, unpack_FLOAT32_INT8, unpack_FLOAT32_INT16, unpack_FLOAT32_INT32, unpack_FLOAT32_INT64, unpack_FLOAT32_UINT8,
        unpack_FLOAT32_UINT16, unpack_FLOAT32_UINT32, unpack_FLOAT32_UINT64, unpack_FLOAT32_FLOAT32, unpack_FLOAT32_FLOAT64, NULL, NULL },
    { NULL, unpack_FLOAT64_INT8, unpack_FLOAT64_INT16, unpack_FLOAT64_INT32, unpack_FLOAT64_INT64, unpack_FLOAT64_UINT8,
        unpack_FLOAT64_UINT16, unpack_FLOAT64_UINT32, unpack_FLOAT64_UINT64, unpack_FLOAT64_FLOAT32, unpack_FLOAT64_FLOAT64, NULL, NULL },
};
