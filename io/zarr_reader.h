/* What the driver of Zarr stores knows, for those who change them. */
#ifndef ASH_IO_ZARR_READER_H
#define ASH_IO_ZARR_READER_H

#include "io/io.h"
#include "io/zarr_meta.h"

int ash_zarr_file_version(const ash_file *file); /* 2 or 3 */
/* The metadata of a key such as "SST/.zattrs", for json_object_put(); NULL if there are none. The reason alone is in `error`. */
ash_json *ash_zarr_file_meta(const ash_file *file, const char *key, ash_error_state *error);
/* The text of a key as the store has it, not as its consolidated metadata have; for ash_free(), NULL if there is none. The reason alone is in `error`. */
ash_status ash_zarr_file_text(const ash_file *file, const char *key, char **text, int64_t *bytes, ash_error_state *error);
/* The metadata of a variable, and what its keys begin with: "" or "grp/SST/". */
const ash_zarr_array *ash_zarr_array_of(const ash_variable *variable, const char **folder);

#endif
