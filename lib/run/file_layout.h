/* What a file declares for the arrays written to it: dimensions, coordinates, bounds, variables, attributes. */
#ifndef ASH_RUN_FILE_LAYOUT_H
#define ASH_RUN_FILE_LAYOUT_H

#include "array/context.h"
#include "io/io.h"
#include "run/packing.h"

#include <ashlar/io.h>

/* A variable whose values are in memory already: a coordinate or its bounds. */
typedef struct ash_layout_fixed {
    int variable;
    const void *values;
    int64_t extent[2];
} ash_layout_fixed;

/* Variables 0 .. nfixed-1 are the fixed ones, nfixed .. nfixed+n-1 the arrays. */
typedef struct ash_file_layout {
    ash_arena arena;
    int ndims, nvariables, nfixed;
    ash_writer_dim *dim;
    ash_coordinate **coord; /* per dimension, NULL: none */
    ash_writer_variable *variable;
    ash_layout_fixed *fixed;
    ash_packing **packing; /* per array, NULL: stored as it is */
    ash_attrs *global;
    ash_writer_schema schema; /* of all of it */
} ash_file_layout;

/* Extents of the chunks in which an array is stored in a file of that format; 0 if it is stored in one piece. */
int ash_file_chunk(const ash_output *output, const ash_format *format, const ash_write_options *options, int64_t chunk[]);
/* Whether the chunks of the array's grid have these extents. */
int ash_file_chunk_fits(const ash_output *output, const int64_t chunk[]);

/* An array with a variable in `stored` (NULL: none has) is declared with the attributes of this as they are. */
ash_status ash_file_layout_make(ash_file_layout *layout, ash_context *context, int n, const ash_value value[], const char *const names[],
    const ash_variable *const stored[], const ash_format *format, const ash_write_options *options, ash_error_state *error);
void ash_file_layout_free(ash_file_layout *layout);

#endif
