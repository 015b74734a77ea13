#include "io/netcdf_attrs.h"

#include "base/dtype.h"
#include "base/memory.h"
#include "io/hdf5_dataset.h"
#include "io/types.h"

#include <netcdf.h>
#include <string.h>

/* Several strings become lines. */
static ash_status keep_strings(
    int group, int variable, const char *name, int64_t count, const char *function, ash_attrs **attrs, ash_error_state *error) {
    ash_status status = ASH_OK;
    char **strings = ash_calloc(count, sizeof *strings);
    if (!strings)
        return ash_fail_memory(error, function, count * (int64_t)sizeof *strings);
    if (nc_get_att_string(group, variable, name, strings) == NC_NOERR) {
        int64_t length = count - 1, used = 0;
        for (int64_t i = 0; i < count; i++)
            length += strings[i] ? (int64_t)strlen(strings[i]) : 0;
        char *text = ash_malloc(length + 1);
        for (int64_t i = 0; text && i < count; i++) {
            int64_t n = strings[i] ? (int64_t)strlen(strings[i]) : 0;
            if (i > 0)
                text[used++] = '\n';
            if (n)
                memcpy(text + used, strings[i], (size_t)n);
            used += n;
        }
        if (!text || !ash_attrs_set(attrs, name, 1, ASH_INT8, length, text))
            status = ash_fail_memory(error, function, length + 1);
        ash_free(text);
        nc_free_string((size_t)count, strings);
    }
    ash_free(strings);
    return status;
}

static ash_status keep_values(int group, int variable, const char *name, int nc_type, int64_t count, const char *function,
    ash_attrs **attrs, ash_error_state *error) {
    int64_t bytes = count * ash_nc_type_size(nc_type);
    char *values = ash_calloc(1, bytes + 1);
    if (!values)
        return ash_fail_memory(error, function, bytes + 1);
    int kept = 1;
    if (count == 0 || nc_get_att(group, variable, name, values) == NC_NOERR) {
        while (nc_type == NC_CHAR && count > 0 && values[count - 1] == '\0')
            count--;
        kept = ash_attrs_set(attrs, name, nc_type == NC_CHAR, nc_type == NC_CHAR ? ASH_INT8 : ash_dtype_from_nc(nc_type), count, values);
    }
    ash_free(values);
    return kept ? ASH_OK : ash_fail_memory(error, function, bytes);
}

static ash_status read_attribute(int group, int variable, int number, const char *function, ash_attrs **attrs, ash_error_state *error) {
    char name[NC_MAX_NAME + 1];
    nc_type type;
    size_t count;
    if (nc_inq_attname(group, variable, number, name) != NC_NOERR || ash_attr_is_internal(name) ||
        nc_inq_att(group, variable, name, &type, &count) != NC_NOERR)
        return ASH_OK;
    if (type == NC_STRING && count > 0)
        return keep_strings(group, variable, name, (int64_t)count, function, attrs, error);
    if (type == NC_CHAR || (count > 0 && ash_dtype_from_nc(type) != ASH_DTYPE_COUNT))
        return keep_values(group, variable, name, type, (int64_t)count, function, attrs, error);
    return ASH_OK;
}

ash_status ash_netcdf_attrs_read(int group, int variable, const char *function, ash_attrs **attrs, ash_error_state *error) {
    int count = 0;
    int result = variable == NC_GLOBAL ? nc_inq_natts(group, &count) : nc_inq_varnatts(group, variable, &count);
    ash_status status = result == NC_NOERR
        ? ASH_OK
        : ash_fail(error, ASH_ERR_FORMAT, "%s: the attributes cannot be read: %s", function, nc_strerror(result));
    for (int i = 0; status == ASH_OK && i < count; i++)
        status = read_attribute(group, variable, i, function, attrs, error);
    return status;
}

/* Integers in formats that have none of 64 bits and no unsigned ones. */
static int put_as_old_type(int file, int variable, const ash_attr_entry *entry) {
    int is_unsigned = ash_dtype_kind(entry->dtype) == 'u', result = NC_NOERR;
    for (int attempt = 0; attempt < 2; attempt++) {
        nc_type type = attempt ? NC_DOUBLE : NC_INT;
        if (entry->dtype == ASH_INT64)
            result = nc_put_att_longlong(file, variable, entry->name, type, (size_t)entry->count, entry->data);
        else if (entry->dtype == ASH_UINT64)
            result = nc_put_att_ulonglong(file, variable, entry->name, type, (size_t)entry->count, entry->data);
        else if (entry->dtype == ASH_UINT32)
            result = nc_put_att_uint(file, variable, entry->name, type, (size_t)entry->count, entry->data);
        else if (entry->dtype == ASH_UINT16)
            result = nc_put_att_ushort(file, variable, entry->name, type, (size_t)entry->count, entry->data);
        else
            return is_unsigned ? nc_put_att_uchar(file, variable, entry->name, NC_SHORT, (size_t)entry->count, entry->data) : NC_EBADTYPE;
        if (result != NC_ERANGE)
            break;
    }
    return result;
}

int ash_netcdf_attrs_write(int file, int variable, const ash_attrs *attrs, const char *except, const char **failed) {
    for (int i = 0; attrs && i < attrs->count; i++) {
        const ash_attr_entry *entry = &attrs->entry[i];
        int type = entry->is_text ? NC_CHAR : ash_nc_from_dtype(entry->dtype), result = NC_NOERR;
        if (ash_attr_is_internal(entry->name) || (except && strcmp(entry->name, except) == 0))
            continue;
        if (type != 0) /* complex numbers have no type there */
            result = nc_put_att(file, variable, entry->name, type, (size_t)entry->count, entry->data);
        if (result == NC_EBADTYPE || result == NC_ESTRICTNC3)
            result = put_as_old_type(file, variable, entry);
        *failed = entry->name;
        if (result != NC_NOERR)
            return result;
    }
    return NC_NOERR;
}
