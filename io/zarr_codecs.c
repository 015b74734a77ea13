#include "io/zarr_codecs.h"

#include "base/dtype.h"

#include <string.h>

static const struct {
    const char *name;
    int filter;
} names[] = {
    { "zlib", ASH_FILTER_DEFLATE },
    { "gzip", ASH_FILTER_GZIP },
    { "zstd", ASH_FILTER_ZSTD },
    { "lz4", ASH_FILTER_LZ4_BLOCK },
    { "blosc", ASH_FILTER_BLOSC },
    { "shuffle", ASH_FILTER_SHUFFLE },
    { "fletcher32", ASH_FILTER_FLETCHER32 },
    { "crc32c", ASH_FILTER_CRC32C },
};

/* The registered codecs of numcodecs have its name before theirs in version 3. */
static int find_filter(const char *name) {
    static const char prefix[] = "numcodecs.";
    if (strncmp(name, prefix, sizeof prefix - 1) == 0)
        name += sizeof prefix - 1;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i].name, name) == 0)
            return names[i].filter;
    return 0;
}

static int integer_of(const ash_json *parameters, const char *key, int otherwise) {
    ash_json *value = ash_json_get(parameters, key);
    return json_object_is_type(value, json_type_int) ? json_object_get_int(value) : otherwise;
}

/* What is needed to apply a compressor again. Blosc's parameters lie as HDF5 has them; it chooses its shuffle by the size of elements if that is -1. */
static void take_parameters(ash_filter *filter, int64_t element, const ash_json *parameters) {
    static const char *const inside[] = { "blosclz", "lz4", "lz4hc", "snappy", "zlib", "zstd" };
    const char *name = ash_json_text(parameters, "cname");
    if (filter->id == ASH_FILTER_DEFLATE || filter->id == ASH_FILTER_ZSTD) {
        filter->count = 1;
        filter->value[0] = (uint32_t)integer_of(parameters, "level", filter->id == ASH_FILTER_ZSTD ? 3 : 1);
    } else if (filter->id == ASH_FILTER_BLOSC) {
        int shuffle = integer_of(parameters, "shuffle", 1);
        filter->count = 7;
        filter->value[2] = (uint32_t)element;
        filter->value[4] = (uint32_t)integer_of(parameters, "clevel", 5);
        filter->value[5] = (uint32_t)(shuffle >= 0 ? shuffle : element == 1 ? 2 : 1);
        for (uint32_t k = 0; name && k < sizeof inside / sizeof inside[0]; k++)
            if (strcmp(name, inside[k]) == 0)
                filter->value[6] = k;
    }
}

ash_status ash_zarr_add_codec(ash_zarr_array *array, const char *name, const ash_json *parameters, ash_error_state *error) {
    int id = find_filter(name);
    if (id == 0)
        return ash_fail(error, ASH_ERR_UNSUPPORTED,
            "it has codec '%s', which is not known here (expected zlib, gzip, zstd, lz4, blosc, shuffle, fletcher32 or crc32c)", name);
    if (!ash_codec_find(id)->decode)
        return ash_fail(error, ASH_ERR_UNSUPPORTED, "it has codec '%s', whose library this build of Ashlar was made without", name);
    if (array->pipeline.count == ASH_MAX_FILTERS - 1) /* one is left for the archive */
        return ash_fail(error, ASH_ERR_UNSUPPORTED, "it has more than %d codecs", ASH_MAX_FILTERS - 1);
    ash_filter *filter = &array->pipeline.filter[array->pipeline.count++];
    *filter = (ash_filter){ .id = id };
    take_parameters(filter, ash_dtype_size(array->dtype), parameters);
    if (id != ASH_FILTER_SHUFFLE)
        return ASH_OK;
    ash_json *size = ash_json_get(parameters, "elementsize");
    int64_t bytes = size ? json_object_get_int64(size) : 4; /* the default of numcodecs */
    if (bytes < 1 || bytes > array->chunk_bytes || bytes > INT32_MAX)
        return ash_fail(error, ASH_ERR_FORMAT, "its shuffle filter has element size %lld", (long long)bytes);
    filter->count = 1;
    filter->value[0] = (uint32_t)bytes;
    return ASH_OK;
}
