/* Parser of the classic header. Every count is checked against the bytes that are left in the file before memory is taken for it,
 * so a hostile header costs no more than its own size.
 *
 *   header   = 'C' 'D' 'F' version  records  dims  attributes  variables
 *   list     = tag(4) count elements, or two zeros when absent
 *   dim      = name extent
 *   attribute = name type(4) count values, padded to 4 bytes
 *   variable = name count dim-indices attributes type(4) size begin
 *
 * Counts, extents and sizes have 4 bytes, 8 in CDF-5; begin has 4 bytes in CDF-1, else 8. All big-endian. */
#include "io/classic_header.h"

#include "base/memory.h"
#include "io/byte_order.h"
#include "io/file.h"
#include "io/types.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { TAG_DIMENSION = 10, TAG_VARIABLE = 11, TAG_ATTRIBUTE = 12, FIRST_READ = 1 << 16 };

/* A window on the start of the file that grows as the parser goes on. */
typedef struct cursor {
    int fd;
    int64_t file_size;
    unsigned char *bytes;
    int64_t loaded, at;
    int version;
    const char *path, *function;
    ash_error_state *error;
} cursor;

static ash_status fail_damaged(cursor *in, const char *what) {
    return ash_fail(
        in->error, ASH_ERR_FORMAT, "%s: %s: damaged NetCDF header at byte %lld: %s", in->function, in->path, (long long)in->at, what);
}

static ash_status load(cursor *in, int64_t wanted) {
    int64_t target = in->loaded ? 2 * in->loaded : FIRST_READ;
    while (target < wanted)
        target *= 2;
    if (target > in->file_size)
        target = in->file_size;
    unsigned char *grown = ash_realloc(in->bytes, target);
    if (!grown)
        return ash_fail_memory(in->error, in->function, target);
    in->bytes = grown;
    while (in->loaded < target) {
        ssize_t got = pread(in->fd, in->bytes + in->loaded, (size_t)(target - in->loaded), in->loaded);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return ash_fail(in->error, ASH_ERR_IO, "%s: %s: reading the header: %s", in->function, in->path,
                got < 0 ? strerror(errno) : "the file ends early");
        in->loaded += got;
    }
    return ASH_OK;
}

/* The next n bytes, NULL on failure. */
static const unsigned char *take(cursor *in, int64_t n) {
    if (n > in->file_size - in->at) {
        fail_damaged(in, "the file ends within the header");
        return NULL;
    }
    if (in->at + n > in->loaded && load(in, in->at + n) != ASH_OK)
        return NULL;
    in->at += n;
    return in->bytes + in->at - n;
}

static ash_status take_integer(cursor *in, int bytes, int64_t *value) {
    const unsigned char *raw = take(in, bytes);
    if (!raw)
        return in->error->status;
    uint64_t bits = 0;
    for (int i = 0; i < bytes; i++)
        bits = bits << 8 | raw[i];
    *value = (int64_t)bits;
    return ASH_OK;
}

static ash_status take_size(cursor *in, int64_t *value) {
    return take_integer(in, in->version == 5 ? 8 : 4, value);
}

/* A count of elements that take at least `least` bytes each. */
static ash_status take_count(cursor *in, int64_t least, int64_t *count) {
    ash_status status = take_size(in, count);
    if (status == ASH_OK && (*count < 0 || *count > (in->file_size - in->at) / least))
        return fail_damaged(in, "a count is larger than the file");
    return status;
}

static ash_status take_list_start(cursor *in, int tag, int64_t least, int64_t *count) {
    int64_t found = 0;
    ash_status status = take_integer(in, 4, &found);
    if (status == ASH_OK)
        status = take_count(in, least, count);
    if (status == ASH_OK && found != tag && (found != 0 || *count != 0))
        return fail_damaged(in, "a list has the wrong tag");
    return status;
}

static int64_t padded(int64_t bytes) {
    return (bytes + 3) & ~(int64_t)3;
}

static ash_status take_name(cursor *in, char **name) {
    int64_t bytes;
    ash_status status = take_count(in, 1, &bytes);
    const unsigned char *text = status == ASH_OK ? take(in, padded(bytes)) : NULL;
    if (!text)
        return in->error->status;
    if (bytes == 0)
        return fail_damaged(in, "a name is empty");
    *name = ash_text_copy((const char *)text, bytes);
    return *name ? ASH_OK : ash_fail_memory(in->error, in->function, bytes + 1);
}

/* Attributes without values are left out, except empty text. */
static ash_status store_attribute(cursor *in, const char *name, int nc_type, int64_t count, const unsigned char *raw, ash_attrs **attrs) {
    ash_dtype dtype = ash_dtype_from_nc(nc_type);
    int64_t bytes = count * ash_nc_type_size(nc_type);
    if (nc_type == ASH_NC_CHAR) {
        while (count > 0 && raw[count - 1] == '\0')
            count--;
        return ash_attrs_set(attrs, name, 1, ASH_INT8, count, raw) ? ASH_OK : ash_fail_memory(in->error, in->function, count);
    }
    if (count == 0)
        return ASH_OK;
    void *values = ash_malloc(bytes);
    if (!values)
        return ash_fail_memory(in->error, in->function, bytes);
    memcpy(values, raw, (size_t)bytes);
    if (ASH_IS_LITTLE_ENDIAN)
        ash_swap_bytes(values, count, ash_dtype_size(dtype));
    int stored = ash_attrs_set(attrs, name, 0, dtype, count, values);
    ash_free(values);
    return stored ? ASH_OK : ash_fail_memory(in->error, in->function, bytes);
}

static ash_status take_attribute(cursor *in, ash_attrs **attrs) {
    char *name = NULL;
    int64_t nc_type = 0, count = 0;
    ash_status status = take_name(in, &name);
    if (status == ASH_OK)
        status = take_integer(in, 4, &nc_type);
    int64_t size = nc_type > 0 && nc_type < 100 ? ash_nc_type_size((int)nc_type) : 0;
    if (status == ASH_OK && size == 0)
        status = fail_damaged(in, "an attribute has an unknown type");
    if (status == ASH_OK)
        status = take_count(in, size, &count);
    if (status == ASH_OK) {
        const unsigned char *raw = take(in, padded(count * size));
        status = raw ? store_attribute(in, name, (int)nc_type, count, raw, attrs) : in->error->status;
    }
    ash_free(name);
    return status;
}

static ash_status take_attributes(cursor *in, ash_attrs **attrs) {
    int64_t count = 0;
    ash_status status = take_list_start(in, TAG_ATTRIBUTE, 12, &count);
    for (int64_t i = 0; status == ASH_OK && i < count; i++)
        status = take_attribute(in, attrs);
    return status;
}

static ash_status take_dims(cursor *in, ash_classic_header *header) {
    int64_t count = 0, unlimited = 0;
    ash_status status = take_list_start(in, TAG_DIMENSION, 8, &count);
    if (status != ASH_OK || count == 0)
        return status;
    header->dim = ash_calloc(count, sizeof *header->dim);
    if (!header->dim)
        return ash_fail_memory(in->error, in->function, count * (int64_t)sizeof *header->dim);
    header->dim_count = count;
    for (int64_t i = 0; status == ASH_OK && i < count; i++) {
        status = take_name(in, &header->dim[i].name);
        if (status == ASH_OK)
            status = take_size(in, &header->dim[i].extent);
        if (status == ASH_OK && header->dim[i].extent < 0)
            return fail_damaged(in, "a dimension has a negative extent");
        unlimited += status == ASH_OK && header->dim[i].extent == 0;
    }
    if (status == ASH_OK && unlimited > 1)
        return fail_damaged(in, "it has more than one record dimension");
    return status;
}

/* Fills in what follows from the dimensions: whether it has records, and bytes. */
static ash_status size_variable(cursor *in, const ash_classic_header *header, ash_classic_variable *variable) {
    variable->bytes = ash_nc_type_size(variable->nc_type);
    for (int64_t i = 0; i < variable->ndim; i++) {
        int64_t extent = header->dim[variable->dim[i]].extent;
        if (extent == 0 && i > 0)
            return fail_damaged(in, "a record dimension is not the first of its variable");
        if (extent == 0)
            variable->record = 1;
        else if (__builtin_mul_overflow(variable->bytes, extent, &variable->bytes))
            return fail_damaged(in, "a variable is larger than any file can be");
    }
    return ASH_OK;
}

static ash_status take_dim_indices(cursor *in, const ash_classic_header *header, ash_classic_variable *variable) {
    ash_status status = take_count(in, in->version == 5 ? 8 : 4, &variable->ndim);
    if (status != ASH_OK || variable->ndim == 0)
        return status;
    variable->dim = ash_calloc(variable->ndim, sizeof *variable->dim);
    if (!variable->dim)
        return ash_fail_memory(in->error, in->function, variable->ndim * (int64_t)sizeof *variable->dim);
    for (int64_t i = 0; status == ASH_OK && i < variable->ndim; i++) {
        int64_t index = 0;
        status = take_size(in, &index);
        if (status == ASH_OK && (index < 0 || index >= header->dim_count))
            return fail_damaged(in, "a variable has an unknown dimension");
        variable->dim[i] = (int32_t)index;
    }
    return status;
}

static ash_status take_variable(cursor *in, const ash_classic_header *header, ash_classic_variable *variable) {
    int64_t nc_type = 0, stored_size;
    ash_status status = take_name(in, &variable->name);
    if (status == ASH_OK)
        status = take_dim_indices(in, header, variable);
    if (status == ASH_OK)
        status = take_attributes(in, &variable->attrs);
    if (status == ASH_OK)
        status = take_integer(in, 4, &nc_type);
    if (status == ASH_OK)
        status = take_size(in, &stored_size); /* redundant, and capped for large variables: computed instead */
    if (status == ASH_OK)
        status = take_integer(in, in->version == 1 ? 4 : 8, &variable->begin);
    if (status != ASH_OK)
        return status;
    if (nc_type <= 0 || nc_type > 100 || ash_nc_type_size((int)nc_type) == 0)
        return fail_damaged(in, "a variable has an unknown type");
    if (variable->begin < 0)
        return fail_damaged(in, "a variable begins before the file");
    variable->nc_type = (int)nc_type;
    return size_variable(in, header, variable);
}

static ash_status take_variables(cursor *in, ash_classic_header *header) {
    int64_t count = 0;
    ash_status status = take_list_start(in, TAG_VARIABLE, 28, &count);
    if (status != ASH_OK || count == 0)
        return status;
    header->variable = ash_calloc(count, sizeof *header->variable);
    if (!header->variable)
        return ash_fail_memory(in->error, in->function, count * (int64_t)sizeof *header->variable);
    header->variable_count = count;
    for (int64_t i = 0; status == ASH_OK && i < count; i++)
        status = take_variable(in, header, &header->variable[i]);
    return status;
}

/* Variables lie in the order of the header, those without records first, and do not overlap. */
static ash_status check_placement(cursor *in, const ash_classic_header *header) {
    int64_t end = in->at;
    for (int record = 0; record < 2; record++) {
        for (int64_t i = 0; i < header->variable_count; i++) {
            const ash_classic_variable *variable = &header->variable[i];
            if (variable->record != record || variable->bytes == 0)
                continue;
            if (variable->begin < end || __builtin_add_overflow(variable->begin, variable->bytes, &end))
                return ash_fail(in->error, ASH_ERR_FORMAT,
                    "%s: %s: damaged NetCDF header: variable '%s' begins at byte %lld, expected %lld or more", in->function, in->path,
                    variable->name, (long long)variable->begin, (long long)end);
        }
    }
    return ASH_OK;
}

/* Record variables lie in turn within a record, each padded to 4 bytes; one that is alone is not padded. */
static ash_status place_records(cursor *in, ash_classic_header *header) {
    int64_t count = 0, first = INT64_MAX, alone = 0;
    for (int64_t i = 0; i < header->variable_count; i++) {
        const ash_classic_variable *variable = &header->variable[i];
        if (!variable->record)
            continue;
        if (variable->bytes > INT64_MAX - 3 || __builtin_add_overflow(header->record_bytes, padded(variable->bytes), &header->record_bytes))
            return fail_damaged(in, "a record is larger than any file can be");
        first = variable->begin < first ? variable->begin : first;
        alone = variable->bytes;
        count++;
    }
    if (count == 1)
        header->record_bytes = alone;
    if (header->records < 0) /* written as a stream: the number of records follows from the size of the file */
        header->records = header->record_bytes > 0 && in->file_size > first ? (in->file_size - first) / header->record_bytes : 0;
    return ASH_OK;
}

static ash_status take_records(cursor *in, ash_classic_header *header) {
    ash_status status = take_size(in, &header->records);
    int64_t streaming = in->version == 5 ? -1 : INT64_C(0xFFFFFFFF);
    if (status != ASH_OK || header->records == streaming) {
        header->records = -1;
        return status;
    }
    return header->records < 0 ? fail_damaged(in, "the number of records is negative") : ASH_OK;
}

ash_status ash_classic_header_read(
    int fd, int64_t file_size, const char *path, const char *function, ash_classic_header *header, ash_error_state *error) {
    cursor in = { .fd = fd, .file_size = file_size, .path = path, .function = function, .error = error };
    *header = (ash_classic_header){ 0 };
    const unsigned char *magic = take(&in, 4);
    ash_status status = magic ? ASH_OK : error->status;
    if (magic)
        header->version = in.version = magic[3];
    if (status == ASH_OK)
        status = take_records(&in, header);
    if (status == ASH_OK)
        status = take_dims(&in, header);
    if (status == ASH_OK)
        status = take_attributes(&in, &header->attrs);
    if (status == ASH_OK)
        status = take_variables(&in, header);
    if (status == ASH_OK)
        status = check_placement(&in, header);
    if (status == ASH_OK)
        status = place_records(&in, header);
    ash_free(in.bytes);
    if (status != ASH_OK)
        ash_classic_header_free(header);
    return status;
}

void ash_classic_header_free(ash_classic_header *header) {
    for (int64_t i = 0; i < header->dim_count; i++)
        ash_free(header->dim[i].name);
    for (int64_t i = 0; i < header->variable_count; i++) {
        ash_free(header->variable[i].name);
        ash_free(header->variable[i].dim);
        ash_attrs_release(header->variable[i].attrs);
    }
    ash_free(header->dim);
    ash_free(header->variable);
    ash_attrs_release(header->attrs);
    *header = (ash_classic_header){ 0 };
}
