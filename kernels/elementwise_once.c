/* Elementwise loops that call the C math library or divide integers. They do not vectorise; one copy for all levels gives equal bits. */
#include "kernels/levels.h"
#include "kernels/types.h"

#define TEMPLATE "kernels/elementwise_once_dtype.h"
#include "kernels/each_dtype.h"

const ash_elementwise_table ash_elementwise_loops_once = {
#include "kernels/loops_list.h"
};
