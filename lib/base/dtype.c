#include "base/dtype.h"

#include <string.h>

typedef struct dtype_info {
    const char *name;
    char kind;
    int64_t size;
} dtype_info;

static const dtype_info info[ASH_DTYPE_COUNT] = {
#define DTYPE_INFO(suffix, name, type, kind, size) [ASH_##suffix] = { name, kind, size },
    ASH_DTYPE_LIST(DTYPE_INFO)
#undef DTYPE_INFO
};

/* One letter a dtype, in the order of the enum (those of NumPy and of Python's struct module). */
static const char letters[] = "?bhiqBHIQfdFD";

/* NumPy 2's promotion: the row is one dtype, the column the other. */
static const char promoted[ASH_DTYPE_COUNT][ASH_DTYPE_COUNT + 1] = {
    /*                     ?bhiqBHIQfdFD */
    [ASH_BOOL]       =    "?bhiqBHIQfdFD",
    [ASH_INT8]       =    "bbhiqhiqdfdFD",
    [ASH_INT16]      =    "hhhiqhiqdfdFD",
    [ASH_INT32]      =    "iiiiqiiqdddDD",
    [ASH_INT64]      =    "qqqqqqqqdddDD",
    [ASH_UINT8]      =    "BhhiqBHIQfdFD",
    [ASH_UINT16]     =    "HiiiqHHIQfdFD",
    [ASH_UINT32]     =    "IqqqqIIIQddDD",
    [ASH_UINT64]     =    "QddddQQQQddDD",
    [ASH_FLOAT32]    =    "fffddffddfdFD",
    [ASH_FLOAT64]    =    "dddddddddddDD",
    [ASH_COMPLEX64]  =    "FFFDDFFDDFDFD",
    [ASH_COMPLEX128] =    "DDDDDDDDDDDDD",
};

static int is_dtype(ash_dtype dtype) {
    return (int)dtype >= 0 && dtype < ASH_DTYPE_COUNT;
}

const char *ash_dtype_name(ash_dtype dtype) {
    return is_dtype(dtype) ? info[dtype].name : "?";
}

int64_t ash_dtype_size(ash_dtype dtype) {
    return is_dtype(dtype) ? info[dtype].size : 0;
}

char ash_dtype_kind(ash_dtype dtype) {
    return (char)(is_dtype(dtype) ? info[dtype].kind : 0);
}

ash_dtype ash_dtype_promote(ash_dtype a, ash_dtype b) {
    if (!is_dtype(a) || !is_dtype(b))
        return ASH_DTYPE_COUNT;
    return (ash_dtype)(strchr(letters, promoted[a][b]) - letters);
}

ash_dtype ash_dtype_real(ash_dtype dtype) {
    if (dtype == ASH_COMPLEX64)
        return ASH_FLOAT32;
    return dtype == ASH_COMPLEX128 ? ASH_FLOAT64 : dtype;
}

ash_dtype ash_dtype_to_float(ash_dtype dtype) {
    char kind = ash_dtype_kind(dtype);
    if (kind == 'f' || kind == 'c' || kind == 0)
        return dtype;
    return info[dtype].size <= 2 ? ASH_FLOAT32 : ASH_FLOAT64;
}

/* bool < integers < floating < complex; -1 for anything else. */
static int kind_rank(char kind) {
    static const int rank[256] = { ['b'] = 1, ['i'] = 2, ['u'] = 2, ['f'] = 3, ['c'] = 4 };
    return rank[(unsigned char)kind] - 1;
}

ash_dtype ash_dtype_of_weak(char weak_kind) {
    static const ash_dtype alone[] = { ASH_BOOL, ASH_INT64, ASH_FLOAT64, ASH_COMPLEX128 };
    int rank = kind_rank(weak_kind);
    return rank < 0 ? ASH_DTYPE_COUNT : alone[rank];
}

ash_dtype ash_dtype_promote_weak(ash_dtype strong, char weak_kind) {
    if (kind_rank(weak_kind) <= kind_rank(ash_dtype_kind(strong)))
        return strong;
    if (!is_dtype(strong))
        return ASH_DTYPE_COUNT;
    return strong == ASH_FLOAT32 ? ASH_COMPLEX64 : ash_dtype_of_weak(weak_kind);
}

int ash_dtype_parse(const char *name, ash_dtype *dtype) {
    for (int i = 0; name && i < ASH_DTYPE_COUNT; i++)
        if (strcmp(name, info[i].name) == 0) {
            *dtype = (ash_dtype)i;
            return 1;
        }
    return 0;
}
