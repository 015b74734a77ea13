/* Texts that say how far windows go and what is beyond the ends: "lat=1, lon=2:3" and "lat=reflect, lon=0". */
#ifndef ASH_EXPR_BOUNDARY_H
#define ASH_EXPR_BOUNDARY_H

#include "expr/builder.h"
#include "expr/window.h"

typedef struct ash_boundary_name {
    const char *name; /* NULL ends a table */
    ash_boundary boundary;
} ash_boundary_name;

/* Per dimension; `value` is the text of a constant. */
typedef struct ash_boundaries {
    int64_t before[ASH_MAX_NDIM], after[ASH_MAX_NDIM];
    ash_boundary boundary[ASH_MAX_NDIM];
    double value[ASH_MAX_NDIM];
    int64_t integer[ASH_MAX_NDIM];
    char is_integer[ASH_MAX_NDIM];
} ash_boundaries;

/* One width for all dimensions, one for each, or by name; dimensions not named have none. 0 with an error. */
int ash_parse_widths(ash_builder *builder, const char *argument, const char *text, const ash_dim_names *dims, ash_boundaries *out);
/* The same for what is beyond the ends: a name of the table, or, with `numbers`, a number. Dimensions not named, and all if the text is NULL, have the first of the
 * table. */
int ash_parse_boundaries(ash_builder *builder, const char *argument, const char *text, const ash_boundary_name table[], int numbers,
    const ash_dim_names *dims, ash_boundaries *out);
/* An axis of a window as they say, for elements of the dtype. 0 with an error. */
int ash_boundary_axis(ash_builder *builder, const ash_boundaries *from, int axis, ash_dtype dtype, ash_window_axis *out);
/* An axis must have elements for other boundaries than constants to show. 0 with an error. */
int ash_boundary_check(ash_builder *builder, const ash_window_axis *axis, int64_t extent, int number);

/* Boundaries of halos; the first stands for those not given. */
extern const ash_boundary_name ash_halo_boundaries[];

#endif
