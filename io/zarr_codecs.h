/* The filters and compressors of Zarr, by the names they have there. */
#ifndef ASH_IO_ZARR_CODECS_H
#define ASH_IO_ZARR_CODECS_H

#include "io/zarr_meta.h"

/* Adds a codec, {"id": "zlib", ...} or {"name": "gzip", "configuration": ...}, to the pipeline. On failure the reason alone is in `error`. */
ash_status ash_zarr_add_codec(ash_zarr_array *array, const char *name, const ash_json *parameters, ash_error_state *error);

#endif
