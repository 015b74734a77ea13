/* A Zarr store of version 2 in a folder that is being changed. New chunks wait in a folder beside the store until all are there. */
#ifndef ASH_IO_ZARR_UPDATE_H
#define ASH_IO_ZARR_UPDATE_H

#include "io/chunk_encode.h"
#include "io/store_sink.h"
#include "io/zarr_meta.h"

/* An array of the store that is written to, or that grows along with one. */
typedef struct ash_zarr_changed {
    const ash_variable *stored;  /* as it was */
    const ash_zarr_array *array; /* its metadata */
    const char *folder;          /* what its keys begin with, "grp/SST/" */
    ash_chunking chunking;       /* with the shape that it gets */
    unsigned char missing[16];   /* an element that nobody has written */
    int64_t start[ASH_MAX_NDIM]; /* where element 0 of what is written goes */
    int grows;
} ash_zarr_changed;

typedef struct ash_zarr_update {
    ash_file *file;      /* the store as it was */
    int folder;          /* of the store, locked; -1 */
    ash_store_sink wait; /* for the chunks: under "2.0.3.1", the number of the array before the chunk's place */
    int count;           /* of arrays; the schema's variables come first */
    ash_zarr_changed *changed;
} ash_zarr_update;

/* Takes an array of the store to be changed: none whose chunks cannot be made here. Whole sentences. */
ash_status ash_zarr_change_array(
    ash_zarr_update *update, int k, const ash_variable *stored, const char *path, const ash_writer *writer, ash_error_state *error);
/* Makes one chunk anew, from what is stored and from those values of a box at `start` that lie in it (NULL: none), and lets it wait. */
ash_status ash_zarr_remake_chunk(const ash_zarr_update *update, int k, const int64_t chunk[], const int64_t start[], const int64_t extent[],
    const void *data, ash_write_scratch *scratch, ash_error_state *error);
/* The key of a chunk from the name under which it waits, behind the number of its array. */
void ash_zarr_chunk_key(const ash_zarr_changed *changed, const char *place, char key[], int64_t bytes);

/* ---- io/zarr_grow.c ---- */

/* Finds the other arrays of the group that have a dimension which grows: they will grow as well, by missing values. Whole sentences. */
ash_status ash_zarr_find_growing(const ash_writer *writer, ash_zarr_update *update, ash_error_state *error);
/* Makes the chunks of these arrays. The reason alone is in `error`. */
ash_status ash_zarr_grow_others(const ash_writer *writer, const ash_zarr_update *update, ash_error_state *error);
/* Writes the new shapes: those of each array, and then, in one step, all of them in .zmetadata. The reason alone is in `error`. */
ash_status ash_zarr_write_shapes(const ash_writer *writer, const ash_zarr_update *update, ash_error_state *error);

#endif
