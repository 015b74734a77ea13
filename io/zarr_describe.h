/* What a Zarr store of version 2 says about itself, as text: JSON as Python writes it, with NaN and Infinity. */
#ifndef ASH_IO_ZARR_DESCRIBE_H
#define ASH_IO_ZARR_DESCRIBE_H

#include "base/quote.h"
#include "io/chunk_encode.h"

/* .zarray. Sets chunking->fill, and adds the filters to its pipeline. */
void ash_zarr_describe_array(ash_growing *text, const ash_writer_variable *variable, ash_chunking *chunking);
/* .zattrs of a variable, with the names of its dimensions, or of the store, where it is NULL. Where JSON does not tell a number's type NCZarr's note does. */
void ash_zarr_describe_attrs(
    ash_growing *text, const ash_attrs *attrs, const ash_writer_schema *schema, const ash_writer_variable *variable);

/* The place of a chunk among the chunks, "0.3.1", and "0" of an array without dimensions; the end of a key. */
enum { ASH_ZARR_PLACE_BYTES = 21 * ASH_MAX_NDIM + 2 };
void ash_zarr_place(int ndim, const int64_t chunk[], char place[ASH_ZARR_PLACE_BYTES]);

#endif
