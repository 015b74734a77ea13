/* Scans inside a chunk, one level of instruction set. */
#include "kernels/levels.h"
#include "kernels/types.h"

#define TEMPLATE "kernels/functions.h"
#include "kernels/each_dtype.h"
#undef TEMPLATE

#define TEMPLATE "kernels/scan_dtype.h"
#include "kernels/each_dtype.h"

const ash_scan_table ASH_ISA(ash_scan_kernels) = {
    scans_BOOL,
    scans_INT8,
    scans_INT16,
    scans_INT32,
    scans_INT64,
    scans_UINT8,
    scans_UINT16,
    scans_UINT32,
    scans_UINT64,
    scans_FLOAT32,
    scans_FLOAT64,
    scans_COMPLEX64,
    scans_COMPLEX128,
};
