/* Template: what the value expressions of lib/expr/operations.table call with FN(), one small function a dtype. */
#if DTYPE_KIND == 'f'
#include "kernels/functions_float.h"
#elif DTYPE_KIND == 'c'
#include "kernels/functions_complex.h"
#else
#include "kernels/functions_integer.h"
#endif
