/* Packing: values as they are stored, the reverse of what ash_open() decodes. */
#ifndef ASH_RUN_PACKING_H
#define ASH_RUN_PACKING_H

#include "base/attrs.h"
#include "base/error.h"
#include "base/memory.h"

#include <ashlar/array.h>

/* stored = round((value - offset) / scale); NaN becomes `fill`. */
typedef struct ash_packing {
    ash_dtype from, to; /* `to` has at most as many bytes */
    int has_scale, has_offset, has_fill;
    double scale, offset, fill;
    const char *function, *name; /* for errors: who packs, and the variable */
} ash_packing;

/* Finds the line of `encoding` that speaks of variable `name`, see ash_write_options. 1: *packing is set; 0: there is none, or an error. `dtype` is
 * the array's. Coordinates have no missing values, and no fill value that is not asked for. */
int ash_packing_find(ash_packing *packing, const char *encoding, const char *name, ash_dtype dtype, int is_coordinate, ash_arena *arena,
    ash_error_state *error);

/* The packing that the attributes of a stored variable ask for. 1: *packing is set; 0: values are stored as they are, or an error of `function`. */
int ash_packing_of(ash_packing *packing, const ash_attrs *attrs, const char *function, const char *name, ash_dtype from, ash_dtype to,
    ash_error_state *error);

/* Every line of `encoding` must speak of one of the names. */
ash_status ash_encoding_check(const char *encoding, int n, const char *const names[], ash_error_state *error);

/* Whether a line of `encoding` speaks of a variable. */
int ash_encoding_names(const char *encoding, const char *name);

/* Packs n values in place. A value that the stored dtype cannot hold, or that would read as missing, is an error. */
ash_status ash_pack(const ash_packing *packing, void *data, int64_t n, ash_error_state *error);

#endif
