/* Driver for Zarr stores of versions 2 and 3, folders and zip archives, with the conventions of Xarray and NCZarr for dimensions. Chunks are read as
 * all stored chunks are, without a lock. */
#include "io/zarr_reader.h"
#include "base/dtype.h"
#include "base/memory.h"
#include "io/byte_order.h"
#include "io/json.h"
#include "io/store.h"
#include "io/types.h"
#include "io/writer.h"
#include "io/zarr_attrs.h"
#include "io/zarr_meta.h"
#include "io/zarr_store.h"

#include <stdio.h>
#include <string.h>

enum { KEY_BYTES = 4096, META_BYTES_MOST = 1 << 28, COORDINATE_DIGITS = 20 };

typedef struct zarr_file {
    ash_store *store;
    int version;
    ash_json *consolidated; /* version 2: all metadata by key, where the store has them in one place */
    ash_json *consolidated_in;
    int is_array;       /* the whole store is one */
    ash_name_list dims; /* known names of dimensions: a dimension's number is its place here */
} zarr_file;

typedef struct zarr_variable {
    ash_stored stored;
    const ash_store *store;
    ash_zarr_array array;
    char *folder;   /* "" or "grp/SST/" */
    char *meta_key; /* where its metadata came from */
    struct timespec changed;
    int deflate; /* the filter of the archive, -1: none */
} zarr_variable;

/* ---- Metadata ---- */

/* The metadata of a key, for json_object_put(), NULL if there are none. On failure the reason alone is in `error`. */
static ash_json *read_meta(const zarr_file *zarr, const char *key, ash_error_state *error) {
    if (zarr->consolidated)
        return json_object_get(ash_json_get(zarr->consolidated, key));
    char *text;
    int64_t bytes;
    ash_error_state reason = { 0 };
    if (ash_store_get(zarr->store, key, META_BYTES_MOST, &text, &bytes, &reason) != ASH_OK) {
        ash_fail(error, reason.status, "%s", reason.text);
        return NULL;
    }
    ash_json *meta = text ? ash_json_parse(text, bytes, &reason) : NULL;
    if (reason.status != ASH_OK)
        ash_fail(error, reason.status, "%s is damaged: %s", key, reason.text);
    ash_free(text);
    return meta;
}

static void consolidate(zarr_file *zarr, ash_error_state *error) {
    zarr->consolidated_in = read_meta(zarr, ".zmetadata", error);
    zarr->consolidated = ash_json_get(zarr->consolidated_in, "metadata");
    if (zarr->consolidated_in && !json_object_is_type(zarr->consolidated, json_type_object))
        ash_fail(error, ASH_ERR_FORMAT, ".zmetadata is damaged: it has no object 'metadata'");
}

/* ---- The store ---- */

/* Global attributes, and whether the whole store is an array. */
static void read_root(ash_file *file, zarr_file *zarr, ash_error_state *error) {
    ash_json *meta = read_meta(zarr, zarr->version == 2 ? ".zattrs" : "zarr.json", error);
    const char *type = zarr->version == 2 ? NULL : ash_json_text(meta, "node_type");
    zarr->is_array = zarr->version == 2 ? ash_store_has(zarr->store, ".zarray") : type && strcmp(type, "array") == 0;
    if (error->status == ASH_OK && !zarr->is_array &&
        !ash_zarr_attrs(zarr->version == 2 ? meta : ash_json_get(meta, "attributes"), &file->attrs))
        ash_fail_memory(error, "open", META_BYTES_MOST);
    json_object_put(meta);
}

static void free_zarr(zarr_file *zarr) {
    if (!zarr)
        return;
    ash_store_close(zarr->store);
    json_object_put(zarr->consolidated_in);
    ash_name_list_free(&zarr->dims);
    ash_free(zarr);
}

static ash_status zarr_open(ash_file *file, const char *function, ash_error_state *error) {
    ash_error_state reason = { 0 };
    zarr_file *zarr = ash_calloc(1, sizeof *zarr);
    if (!zarr)
        return ash_fail_memory(error, function, sizeof *zarr);
    zarr->store = ash_store_open(file->path, file->fd, file->size, function, error);
    if (!zarr->store) {
        free_zarr(zarr);
        return error->status;
    }
    zarr->version = ash_zarr_version(zarr->store);
    if (zarr->version == 0)
        ash_fail(&reason, ASH_ERR_FORMAT, "a zip archive without a Zarr store: it has no .zgroup, .zarray or zarr.json");
    if (zarr->version == 2)
        consolidate(zarr, &reason);
    if (reason.status == ASH_OK)
        read_root(file, zarr, &reason);
    if (reason.status != ASH_OK) {
        free_zarr(zarr);
        return reason.status == ASH_ERR_MEMORY ? ash_fail(error, reason.status, "%s", reason.text)
                                               : ash_fail(error, reason.status, "%s: %s: %s", function, file->path, reason.text);
    }
    file->driver_data = zarr;
    return ASH_OK;
}

static void zarr_close(ash_file *file) {
    free_zarr(file->driver_data);
}

/* ---- Names ---- */

/* An array that is the whole store has the store's name. */
static int add_folder(ash_file *file, const char *folder, ash_name_list *names) {
    char base[256];
    return ash_name_list_add(names, *folder ? folder : ash_base_name(file->path, base, sizeof base));
}

static int list_consolidated(ash_file *file, const zarr_file *zarr, ash_name_list *names) {
    json_object_object_foreach(zarr->consolidated, key, value) {
        size_t length = strlen(key);
        (void)value;
        if (length < 7 || strcmp(key + length - 7, ".zarray") != 0 || (length > 7 && key[length - 8] != '/'))
            continue;
        char *folder = ash_text_copy(key, length > 7 ? (int64_t)length - 8 : 0);
        int kept = folder && add_folder(file, folder, names);
        ash_free(folder);
        if (!kept)
            return 0;
    }
    return 1;
}

/* In version 3 groups have metadata of the same name. One that cannot be read may be an array. */
static int is_array(const zarr_file *zarr, const char *folder) {
    char key[KEY_BYTES];
    ash_error_state ignored = { 0 };
    if (zarr->version == 2)
        return 1;
    snprintf(key, sizeof key, "%s%szarr.json", folder, *folder ? "/" : "");
    ash_json *meta = read_meta(zarr, key, &ignored);
    const char *type = ash_json_text(meta, "node_type");
    int array = !type || strcmp(type, "group") != 0;
    json_object_put(meta);
    return array;
}

static ash_status zarr_list(ash_file *file, ash_name_list *names, ash_error_state *error) {
    const zarr_file *zarr = file->driver_data;
    ash_name_list folders = { 0 };
    if (zarr->consolidated)
        return list_consolidated(file, zarr, names) ? ASH_OK : ash_fail_memory(error, "open", KEY_BYTES);
    ash_status status = ash_store_list(
        zarr->store, zarr->version == 2 ? ".zarray" : "zarr.json", zarr->version == 2 ? ".zgroup" : "zarr.json", &folders, error);
    for (int i = 0; status == ASH_OK && i < folders.count; i++)
        if (is_array(zarr, folders.name[i]) && !add_folder(file, folders.name[i], names))
            status = ash_fail_memory(error, "open", KEY_BYTES);
    ash_name_list_free(&folders);
    return status;
}

/* ---- Dimensions ---- */

/* Takes a name of dimension `axis`; what is known by a path ("/grp/lat") has the last part as its name. */
static ash_status name_dim(zarr_file *zarr, const char *path, int axis, ash_variable *out, ash_error_state *error) {
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    int id = 0;
    if (*name == '\0')
        return ASH_OK;
    while (id < zarr->dims.count && strcmp(zarr->dims.name[id], path) != 0)
        id++;
    if (id == zarr->dims.count && !ash_name_list_add(&zarr->dims, path))
        return ash_fail_memory(error, "open", (int64_t)strlen(path));
    out->dim_id[axis] = id;
    out->dim[axis] = ash_text_copy(name, (int64_t)strlen(name));
    return out->dim[axis] ? ASH_OK : ash_fail_memory(error, "open", (int64_t)strlen(name));
}

/* As many texts (null: anonymous) as there are dimensions; something else is no list of their names. */
static ash_status name_dims(zarr_file *zarr, const ash_json *names, ash_variable *out, ash_error_state *error) {
    ash_status status = ASH_OK;
    if (!json_object_is_type(names, json_type_array) || (int)json_object_array_length(names) != out->ndim)
        return ASH_OK;
    for (int a = 0; status == ASH_OK && a < out->ndim; a++) {
        ash_json *name = json_object_array_get_idx(names, (size_t)a);
        if (json_object_is_type(name, json_type_string))
            status = name_dim(zarr, json_object_get_string(name), a, out, error);
    }
    return status;
}

/* What NetCDF-C notes about an array; NULL if it did not write it. */
static const ash_json *nczarr_of(const ash_json *meta, const ash_json *attrs) {
    const ash_json *noted = ash_json_get(meta, "_NCZARR_ARRAY");
    noted = noted ? noted : ash_json_get(attrs, "_NCZARR_ARRAY");
    return noted ? noted : ash_json_get(attrs, "_nczarr_array");
}

static ash_status take_dims(
    zarr_file *zarr, const ash_json *meta, const ash_json *attrs, const ash_json *nczarr, ash_variable *out, ash_error_state *error) {
    static const char *const keys[] = { "dimrefs", "dimension_references", "dimensions" };
    const ash_json *names = zarr->version == 3 ? ash_json_get(meta, "dimension_names") : NULL;
    for (size_t i = 0; !names && i < sizeof keys / sizeof keys[0]; i++)
        names = ash_json_get(nczarr, keys[i]);
    return name_dims(zarr, names ? names : ash_json_get(attrs, "_ARRAY_DIMENSIONS"), out, error);
}

/* ---- Fill values ---- */

/* Xarray keeps the fill value of floating arrays of version 3 as the bytes of a double in base64, since JSON has no NaN. */
static int decode_fill_text(const ash_json *attrs, ash_variable *out) {
    const ash_json *value = ash_json_get(attrs, "_FillValue");
    unsigned char number[16];
    if (!json_object_is_type(value, json_type_string) || !ash_zarr_parse_fill(value, ASH_FLOAT64, !ASH_IS_LITTLE_ENDIAN, number))
        return 1;
    return ash_attrs_set(&out->attrs, "_FillValue", 0, ASH_FLOAT64, 1, number);
}

/* As Xarray has it, the fill value of version 2 is missing, that of version 3 is not. NetCDF-C keeps its own rules. */
static int take_fill(const zarr_file *zarr, const ash_json *attrs, int nczarr, zarr_variable *data, ash_variable *out) {
    const ash_zarr_array *array = &data->array;
    char kind = ash_dtype_kind(array->dtype);
    int is_real = kind != 'b' && kind != 'c', kept = decode_fill_text(attrs, out);
    out->no_fill = !nczarr;
    if (array->has_fill) {
        memcpy(data->stored.absent, array->fill, sizeof array->fill);
        if (zarr->version == 2 && is_real)
            kept = kept && ash_attrs_set(&out->attrs, "_FillValue", 0, array->dtype, 1, array->fill);
    } else if (nczarr && is_real) {
        const ash_attr_entry *fill = ash_attrs_find(out->attrs, "_FillValue");
        if (fill && !fill->is_text && fill->dtype == array->dtype)
            memcpy(data->stored.absent, fill->data, (size_t)ash_dtype_size(array->dtype));
        else
            ash_nc_default_fill(array->dtype, data->stored.absent);
    }
    return kept;
}

/* ---- Finding a variable ---- */

/* Chunks are found by their keys. */
static ash_status find_chunk(const ash_stored *stored, const int64_t at[], ash_chunk_place *place, ash_error_state *error) {
    const zarr_variable *data = stored->source;
    char key[KEY_BYTES];
    int deflated, used = snprintf(key, sizeof key, "%s%s", data->folder, data->array.prefixed ? "c" : "");
    for (int a = 0; a < data->array.ndim; a++) {
        if (a > 0 || data->array.prefixed)
            key[used++] = data->array.separator;
        used += snprintf(key + used, COORDINATE_DIGITS + 1, "%lld", (long long)at[a]);
    }
    if (data->array.ndim == 0 && !data->array.prefixed)
        snprintf(key + used, COORDINATE_DIGITS, "0");
    ash_status status = ash_store_find(data->store, key, place, &deflated, error);
    if (data->deflate >= 0 && !deflated)
        place->chunk.mask = UINT32_C(1) << data->deflate;
    return status;
}

static void lay_out(zarr_variable *data, ash_variable *out) {
    const ash_zarr_array *array = &data->array;
    ash_stored *stored = &data->stored;
    stored->ndim = out->ndim = array->ndim;
    stored->element = ash_dtype_size(array->dtype);
    stored->pairs = ash_dtype_kind(array->dtype) == 'c';
    stored->fortran = array->fortran;
    stored->swap = array->swap;
    stored->chunk_bytes = array->chunk_bytes;
    stored->pipeline = array->pipeline;
    stored->overlap = -1;
    stored->find = find_chunk;
    stored->source = data;
    data->deflate = -1;
    if (ash_store_deflates(data->store)) {
        data->deflate = stored->pipeline.count++;
        stored->pipeline.filter[data->deflate] = (ash_filter){ .id = ASH_FILTER_RAW_DEFLATE };
    }
    for (int a = 0; a < array->ndim; a++) {
        out->shape[a] = stored->shape[a] = array->shape[a];
        stored->chunk[a] = array->chunk[a];
        stored->count[a] = array->shape[a] > 0 ? (array->shape[a] - 1) / array->chunk[a] + 1 : 0;
        out->chunk[a] = array->shape[a] > 0 && array->chunk[a] > array->shape[a] ? array->shape[a] : array->chunk[a];
    }
    out->dtype = array->dtype;
    out->need.scratch = ash_stored_scratch_bytes(stored->chunk_bytes, &stored->pipeline);
    out->need.decoded = stored->pipeline.count > 0 ? stored->chunk_bytes : 0;
    out->need.byte_ns = ash_pipeline_decode_ns(&stored->pipeline);
}

/* The parts of a variable from its metadata. On failure the reason alone is in `error`. */
static ash_status describe(zarr_file *zarr, const ash_json *meta, const ash_json *attrs, ash_variable *out, ash_error_state *error) {
    zarr_variable *data = out->driver_data;
    const ash_json *nczarr = nczarr_of(meta, attrs);
    ash_status status = ash_zarr_parse(meta, zarr->version, &data->array, error);
    if (status != ASH_OK)
        return status;
    const char *storage = ash_json_text(nczarr, "storage");
    if (storage && strcmp(storage, "scalar") == 0 && data->array.ndim == 1 && data->array.shape[0] == 1)
        data->array.ndim = 0; /* its one chunk has the same key */
    lay_out(data, out);
    if (data->deflate >= 0 && !ash_pipeline_supported(&data->stored.pipeline))
        return ash_fail(
            error, ASH_ERR_UNSUPPORTED, "its archive is deflated, which needs libdeflate, and this build of Ashlar was made without it");
    if (!ash_zarr_attrs(attrs, &out->attrs) || !take_fill(zarr, attrs, nczarr != NULL, data, out))
        return ash_fail_memory(error, "open", META_BYTES_MOST);
    return take_dims(zarr, meta, attrs, nczarr, out, error);
}

/* Reads the metadata in the variable's folder. ASH_ERR_NOT_FOUND without a sentence if there is no array. */
static ash_status read_variable(zarr_file *zarr, ash_variable *out, ash_error_state *error) {
    zarr_variable *data = out->driver_data;
    char key[KEY_BYTES];
    snprintf(key, sizeof key, "%s%s", data->folder, zarr->version == 2 ? ".zarray" : "zarr.json");
    data->meta_key = ash_text_copy(zarr->consolidated ? ".zmetadata" : key, (int64_t)strlen(zarr->consolidated ? ".zmetadata" : key));
    if (!data->meta_key)
        return ash_fail_memory(error, "open", (int64_t)strlen(key));
    data->changed = ash_store_changed(zarr->store, data->meta_key);
    ash_json *meta = read_meta(zarr, key, error), *attrs = NULL;
    const char *type = ash_json_text(meta, "node_type");
    if (error->status == ASH_OK && (!meta || (zarr->version == 3 && type && strcmp(type, "group") == 0))) {
        json_object_put(meta);
        return ASH_ERR_NOT_FOUND;
    }
    if (zarr->version == 3) {
        attrs = json_object_get(ash_json_get(meta, "attributes"));
    } else if (error->status == ASH_OK) {
        snprintf(key, sizeof key, "%s.zattrs", data->folder);
        attrs = read_meta(zarr, key, error);
    }
    ash_status status = error->status == ASH_OK ? describe(zarr, meta, attrs, out, error) : error->status;
    json_object_put(attrs);
    json_object_put(meta);
    return status;
}

/* The folder of a variable with its slash; NULL if no key can be meant, with ASH_ERR_NOT_FOUND, or out of memory. */
static char *folder_of(const ash_file *file, const zarr_file *zarr, const char *name, ash_status *status) {
    char base[256];
    int64_t bytes = (int64_t)strlen(name);
    *status = ASH_ERR_NOT_FOUND;
    if (zarr->is_array)
        return strcmp(name, ash_base_name(file->path, base, sizeof base)) == 0 ? ash_text_copy("", 0) : NULL;
    if (!ash_store_is_key(name))
        return NULL;
    char *folder = ash_malloc(bytes + 2);
    if (folder)
        snprintf(folder, (size_t)bytes + 2, "%s/", name);
    else
        *status = ASH_ERR_MEMORY;
    return folder;
}

static ash_status zarr_find(ash_file *file, const char *name, const char *function, ash_variable *out, ash_error_state *error) {
    zarr_file *zarr = file->driver_data;
    ash_status status;
    const char *slash = strrchr(name, '/'), *last = slash ? slash + 1 : name;
    char *folder = folder_of(file, zarr, name, &status);
    if (!folder)
        return status == ASH_ERR_MEMORY ? ash_fail_memory(error, function, (int64_t)strlen(name) + 2) : status;
    zarr_variable *data = ash_calloc(1, sizeof *data);
    out->name = ash_text_copy(last, (int64_t)strlen(last));
    if (!data || !out->name) {
        ash_free(folder);
        ash_free(data);
        return ash_fail_memory(error, function, sizeof *data);
    }
    data->store = zarr->store;
    data->folder = folder;
    out->driver_data = data;
    ash_error_state reason = { 0 };
    status = read_variable(zarr, out, &reason);
    if (status == ASH_OK || reason.status == ASH_OK)
        return status;
    return status == ASH_ERR_MEMORY ? ash_fail(error, status, "%s", reason.text)
                                    : ash_fail(error, status, "%s: %s: variable '%s': %s", function, file->path, name, reason.text);
}

static void zarr_forget(ash_file *file, ash_variable *variable) {
    (void)file;
    zarr_variable *data = variable->driver_data;
    if (!data)
        return;
    ash_free(data->folder);
    ash_free(data->meta_key);
    ash_free(data);
}

/* ---- Reading ---- */

/* The chunks of a folder may be rewritten one by one; when its metadata are, they mean something else. */
static ash_status zarr_read(ash_file *file, const ash_variable *variable, const int64_t start[], const int64_t extent[],
    const int64_t step[], void *buffer, ash_read_scratch *scratch, ash_error_state *error) {
    const zarr_variable *data = variable->driver_data;
    ash_status status = ash_stored_read(file->fd, &data->stored, start, extent, step, buffer, scratch, error);
    struct timespec changed = ash_store_changed(data->store, data->meta_key);
    if (status == ASH_ERR_MEMORY || (changed.tv_sec == data->changed.tv_sec && changed.tv_nsec == data->changed.tv_nsec))
        return status;
    *error = (ash_error_state){ 0 };
    return ash_fail(error, ASH_ERR_IO, "%s was changed after it was opened", data->meta_key);
}

/* ---- For those who change stores ---- */

int ash_zarr_file_version(const ash_file *file) {
    return ((const zarr_file *)file->driver_data)->version;
}

ash_json *ash_zarr_file_meta(const ash_file *file, const char *key, ash_error_state *error) {
    return read_meta(file->driver_data, key, error);
}

ash_status ash_zarr_file_text(const ash_file *file, const char *key, char **text, int64_t *bytes, ash_error_state *error) {
    return ash_store_get(((const zarr_file *)file->driver_data)->store, key, META_BYTES_MOST, text, bytes, error);
}

const ash_zarr_array *ash_zarr_array_of(const ash_variable *variable, const char **folder) {
    const zarr_variable *data = variable->driver_data;
    *folder = data->folder;
    return &data->array;
}

const ash_driver ash_zarr_driver = {
    .name = "Zarr",
    .change = &ash_format_change_zarr,
    .recognise = ash_zarr_recognise,
    .open = zarr_open,
    .close = zarr_close,
    .list = zarr_list,
    .find = zarr_find,
    .forget = zarr_forget,
    .read = zarr_read,
};
