/* In the place of the Zarr driver where there is no JSON reader: says so. */
#include "io/zarr_store.h"

static ash_status absent_open(ash_file *file, const char *function, ash_error_state *error) {
    return ash_fail(error, ASH_ERR_UNSUPPORTED,
        "%s: %s: a Zarr store or zip archive, which this build of Ashlar cannot read: it was made without json-c", function, file->path);
}

const ash_driver ash_zarr_driver = { .name = "Zarr", .recognise = ash_zarr_recognise, .open = absent_open };
