/* The dtype rules of the operation table: from the common dtype of the inputs to the loop's dtype, and from there to the outputs'. */
#include "kernels/kernels.h"

#include <string.h>

ash_dtype ash_op_loop(ash_op op, ash_dtype common) {
    const ash_op_descriptor *info = &ash_op_table[op];
    const char kind = ash_dtype_kind(common);
    if (kind == 0 || strchr(info->kinds, kind) == NULL)
        return ASH_DTYPE_COUNT;
    switch (info->promotion) {
    case ASH_PROMOTE_INTEGER: return kind == 'b' ? ASH_INT8 : common;
    case ASH_PROMOTE_FLOAT: return ash_dtype_to_float(common);
    case ASH_PROMOTE_DIVIDE: return kind == 'b' || kind == 'i' || kind == 'u' ? ASH_FLOAT64 : common;
    case ASH_PROMOTE_DOUBLE: return kind == 'c' ? ASH_COMPLEX128 : ASH_FLOAT64;
    case ASH_PROMOTE_COMMON: break;
    }
    return common;
}

ash_dtype ash_op_result_dtype(ash_op op, int output, ash_dtype loop) {
    switch (ash_op_table[op].result[output]) {
    case ASH_RESULT_BOOL: return ASH_BOOL;
    case ASH_RESULT_UINT8: return ASH_UINT8;
    case ASH_RESULT_INT64: return ASH_INT64;
    case ASH_RESULT_REAL: return ash_dtype_real(loop);
    case ASH_RESULT_LOOP: break;
    }
    return loop;
}
