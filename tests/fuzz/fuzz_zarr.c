/* Metadata of Zarr: a text as that of an array of version 2 and of version 3, and as attributes. */
#include "fuzz.h"

#include "io/zarr_attrs.h"
#include "io/zarr_meta.h"

#include <stdlib.h>
#include <string.h>

static void parse(const ash_json *meta, int version) {
    ash_error_state error = { 0 };
    ash_zarr_array array;
    ash_status status = ash_zarr_parse(meta, version, &array, &error);
    fuzz_must(status == error.status && (status == ASH_OK || error.text[0] != '\0'), "refused metadata say nothing");
    if (status != ASH_OK)
        return;
    fuzz_must(array.ndim >= 0 && array.ndim <= ASH_MAX_NDIM && (int)array.dtype >= 0 && array.dtype < ASH_DTYPE_COUNT, "no such array");
    fuzz_must(array.chunk_bytes > 0 && array.pipeline.count < ASH_MAX_FILTERS && ash_pipeline_supported(&array.pipeline), "no such chunks");
    for (int a = 0; a < array.ndim; a++)
        fuzz_must(array.shape[a] >= 0 && array.chunk[a] > 0, "no such extents");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    ash_error_state error = { 0 };
    ash_attrs *attrs = NULL;
    char *text = malloc(size + 1);
    memcpy(text, data, size);
    text[size] = '\0';
    ash_json *meta = ash_json_parse(text, (int64_t)size, &error);
    fuzz_must(meta || error.text[0] != '\0', "a refused text says nothing");
    if (meta) {
        parse(meta, 2);
        parse(meta, 3);
        fuzz_must(ash_zarr_attrs(meta, &attrs), "there is no memory");
    }
    ash_attrs_release(attrs);
    json_object_put(meta);
    free(text);
    return 0;
}
