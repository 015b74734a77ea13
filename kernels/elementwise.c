/* Elementwise loops, one level of instruction set. The loops are written from lib/expr/operations.table. */
#include "kernels/levels.h"
#include "kernels/types.h"

#define TEMPLATE "kernels/elementwise_dtype.h"
#include "kernels/each_dtype.h"

const ash_elementwise_table ASH_ISA(ash_elementwise_loops) = {
    loops_BOOL,
    loops_INT8,
    loops_INT16,
    loops_INT32,
    loops_INT64,
    loops_UINT8,
    loops_UINT16,
    loops_UINT32,
    loops_UINT64,
    loops_FLOAT32,
    loops_FLOAT64,
    loops_COMPLEX64,
    loops_COMPLEX128,
};
