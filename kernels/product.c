/* Products of matrices inside a chunk, one level of instruction set. */
#include "kernels/levels.h"
#include "kernels/types.h"

#define TEMPLATE "kernels/product_dtype.h"
#include "kernels/each_dtype.h"

const ash_product_table ASH_ISA(ash_product_kernels) = {
    product_BOOL,
    product_INT8,
    product_INT16,
    product_INT32,
    product_INT64,
    product_UINT8,
    product_UINT16,
    product_UINT32,
    product_UINT64,
    product_FLOAT32,
    product_FLOAT64,
    product_COMPLEX64,
    product_COMPLEX128,
};
