/* Elementwise loops, one level of instruction set. The loops are written from lib/expr/operations.table. */
#include "kernels/levels.h"
#include "kernels/types.h"

#define TEMPLATE "kernels/elementwise_dtype.h"
#include "kernels/each_dtype.h"

const ash_elementwise_table ASH_ISA(ash_elementwise_loops) = {
#include "kernels/loops_list.h"
};
