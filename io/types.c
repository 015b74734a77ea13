#include "io/types.h"

#include <netcdf.h>
#include <stddef.h>
#include <string.h>

static const struct {
    const char *name;
    ash_dtype dtype;
    int64_t size;
} types[] = {
    { NULL, ASH_DTYPE_COUNT, 0 }, /* numbers begin at 1 */
    { "byte", ASH_INT8, 1 },
    { "char", ASH_DTYPE_COUNT, 1 },
    { "short", ASH_INT16, 2 },
    { "int", ASH_INT32, 4 },
    { "float", ASH_FLOAT32, 4 },
    { "double", ASH_FLOAT64, 8 },
    { "ubyte", ASH_UINT8, 1 },
    { "ushort", ASH_UINT16, 2 },
    { "uint", ASH_UINT32, 4 },
    { "int64", ASH_INT64, 8 },
    { "uint64", ASH_UINT64, 8 },
    { "string", ASH_DTYPE_COUNT, 0 },
};

enum { TYPE_COUNT = sizeof types / sizeof types[0] };

static int is_known(int nc_type) {
    return nc_type > 0 && nc_type < TYPE_COUNT;
}

ash_dtype ash_dtype_from_nc(int nc_type) {
    return is_known(nc_type) ? types[nc_type].dtype : ASH_DTYPE_COUNT;
}

int ash_nc_from_dtype(ash_dtype dtype) {
    if (dtype == ASH_BOOL)
        return 1;
    for (int i = 1; i < TYPE_COUNT; i++)
        if (types[i].dtype == dtype && dtype != ASH_DTYPE_COUNT)
            return i;
    return 0;
}

const char *ash_nc_type_name(int nc_type) {
    return is_known(nc_type) ? types[nc_type].name : NULL;
}

int64_t ash_nc_type_size(int nc_type) {
    return is_known(nc_type) ? types[nc_type].size : 0;
}

void ash_nc_default_fill(ash_dtype dtype, void *value) {
    static const int8_t byte = NC_FILL_BYTE;
    static const int16_t short_ = NC_FILL_SHORT;
    static const int32_t int_ = NC_FILL_INT;
    static const int64_t int64 = NC_FILL_INT64;
    static const uint8_t ubyte = NC_FILL_UBYTE;
    static const uint16_t ushort_ = NC_FILL_USHORT;
    static const uint32_t uint_ = NC_FILL_UINT;
    static const uint64_t uint64 = NC_FILL_UINT64;
    static const float float_ = NC_FILL_FLOAT;
    static const double double_ = NC_FILL_DOUBLE;
    static const void *const fill[ASH_DTYPE_COUNT] = {
        [ASH_INT8] = &byte,
        [ASH_INT16] = &short_,
        [ASH_INT32] = &int_,
        [ASH_INT64] = &int64,
        [ASH_UINT8] = &ubyte,
        [ASH_UINT16] = &ushort_,
        [ASH_UINT32] = &uint_,
        [ASH_UINT64] = &uint64,
        [ASH_FLOAT32] = &float_,
        [ASH_FLOAT64] = &double_,
    };
    if (fill[dtype])
        memcpy(value, fill[dtype], (size_t)ash_dtype_size(dtype));
}
