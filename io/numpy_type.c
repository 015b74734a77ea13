#include "io/numpy_type.h"

#include "base/dtype.h"
#include "io/byte_order.h"

#include <stdio.h>
#include <string.h>

static const struct {
    char kind;
    int64_t bytes; /* -1: any */
    ash_dtype dtype;
    const char *words;
} types[] = {
    { 'b', 1, ASH_BOOL, NULL },
    { 'i', 1, ASH_INT8, NULL },
    { 'i', 2, ASH_INT16, NULL },
    { 'i', 4, ASH_INT32, NULL },
    { 'i', 8, ASH_INT64, NULL },
    { 'u', 1, ASH_UINT8, NULL },
    { 'u', 2, ASH_UINT16, NULL },
    { 'u', 4, ASH_UINT32, NULL },
    { 'u', 8, ASH_UINT64, NULL },
    { 'f', 4, ASH_FLOAT32, NULL },
    { 'f', 8, ASH_FLOAT64, NULL },
    { 'c', 8, ASH_COMPLEX64, NULL },
    { 'c', 16, ASH_COMPLEX128, NULL },
    { 'f', 2, ASH_DTYPE_COUNT, "float16" },
    { 'f', -1, ASH_DTYPE_COUNT, "a long double" },
    { 'c', -1, ASH_DTYPE_COUNT, "a complex number of long doubles" },
    { 'S', -1, ASH_DTYPE_COUNT, "text (fixed length)" },
    { 'a', -1, ASH_DTYPE_COUNT, "text (fixed length)" },
    { 'U', -1, ASH_DTYPE_COUNT, "text (fixed length)" },
    { 'O', -1, ASH_DTYPE_COUNT, "Python objects" },
    { 'M', -1, ASH_DTYPE_COUNT, "a date (datetime64)" },
    { 'm', -1, ASH_DTYPE_COUNT, "a duration (timedelta64)" },
    { 'V', -1, ASH_DTYPE_COUNT, "raw bytes (void)" },
};

enum { TYPE_COUNT = sizeof types / sizeof types[0] };

/* The number that the text begins with, -1 if it is none or long. */
static int64_t leading_number(const char *text) {
    int64_t number = 0;
    if (*text < '0' || *text > '9')
        return -1;
    for (; *text >= '0' && *text <= '9'; text++)
        number = number > 100000 ? number : 10 * number + (*text - '0');
    return *text == '\0' || *text == '[' ? number : -1; /* dates have their unit behind it */
}

const char *ash_numpy_type(const char *text, ash_dtype *dtype, int *swap) {
    char order = *text && strchr("<>=|", *text) ? *text : '=';
    const char *kind = text + (*text && strchr("<>=|", *text));
    int64_t bytes = *kind ? leading_number(kind + 1) : -1;
    *dtype = ASH_DTYPE_COUNT;
    *swap = 0;
    for (int i = 0; i < TYPE_COUNT; i++) {
        if (types[i].kind != *kind || (types[i].bytes >= 0 && types[i].bytes != bytes))
            continue;
        *dtype = types[i].dtype;
        *swap = bytes > 1 && order == (ASH_IS_LITTLE_ENDIAN ? '>' : '<');
        return types[i].words;
    }
    return "an unknown type";
}

const char *ash_numpy_type_print(ash_dtype dtype, int swap, char text[8]) {
    int64_t bytes = ash_dtype_size(dtype);
    char order = bytes == 1 ? '|' : ASH_IS_LITTLE_ENDIAN != swap ? '<' : '>';
    snprintf(text, 8, "%c%c%d", order, ash_dtype_kind(dtype), (int)bytes);
    return text;
}
