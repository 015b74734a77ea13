#include "io/netcdf_define.h"

#include "base/dtype.h"
#include "base/memory.h"
#include "io/codec.h"
#include "io/hdf5_zstd.h"
#include "io/lock.h"
#include "io/netcdf_attrs.h"
#include "io/types.h"

#include <errno.h>
#include <netcdf.h>
#include <netcdf_filter.h>
#include <string.h>

enum { DEFAULT_CHUNK_BYTES = 1 << 20, VARIABLE_BYTES = 16 << 10 };

typedef struct definer {
    ash_writer *writer;
    const ash_writer_schema *schema;
    int mode, file; /* the file's id of NetCDF-C */
    int *dim;       /* ids */
    ash_error_state *error;
} definer;

static int is_netcdf4(const definer *d) {
    return (d->mode & NC_NETCDF4) != 0;
}

static int is_filtered(const ash_writer_variable *variable) {
    return variable->deflate > 0 || variable->shuffle || variable->zstd != 0 || variable->fletcher32;
}

/* The extents asked for, cut to the shape. An unlimited or compressed variable that asked for none gets whole rows, about a MiB together. */
int ash_netcdf_chunk(const ash_writer_schema *schema, const ash_writer_variable *variable, int64_t chunk[]) {
    int asked = variable->ndim > 0 && variable->chunk[0] > 0, needed = asked || is_filtered(variable);
    int64_t room = DEFAULT_CHUNK_BYTES / ash_dtype_size(variable->dtype);
    for (int a = variable->ndim - 1; a >= 0; a--) {
        const ash_writer_dim *dim = &schema->dim[variable->dim[a]];
        int64_t extent = dim->extent > 0 ? dim->extent : 1, wanted = asked ? variable->chunk[a] : room;
        needed |= dim->unlimited || dim->extent == 0; /* NetCDF has no empty dimension that is not unlimited */
        chunk[a] = wanted < 1 ? 1 : wanted < extent ? wanted : extent;
        room /= chunk[a];
    }
    return needed && variable->ndim > 0;
}

/* NetCDF-C keeps the system's reason to itself: it may still stand in errno, else trying to write shows it. */
static ash_status fail_write(definer *d, int result, int seen) {
    if (seen != ENOSPC && seen != EDQUOT && seen != EFBIG && seen != EIO && seen != EROFS)
        seen = ash_temporary_diagnose(&d->writer->file, 0);
    return ash_fail(
        d->error, ASH_ERR_IO, "%s: %s: %s", d->writer->function, d->writer->path, seen != 0 ? strerror(seen) : nc_strerror(result));
}

/* ---- Variables ---- */

/* Values of _FillValue in the dtype of the variable; 0 if there is none. */
static int fill_value(const ash_writer_variable *variable, void *value) {
    const ash_attr_entry *entry = ash_attrs_find(variable->attrs, "_FillValue");
    if (!entry || entry->is_text || entry->count < 1)
        return 0;
    /* One that the dtype cannot hold marks nothing as missing; cut to fit, it would. */
    ash_number given = ash_number_load(entry->dtype, entry->data);
    double before, after;
    ash_number_store(variable->dtype, value, entry->dtype, given);
    ash_number_store(ASH_FLOAT64, &before, entry->dtype, given);
    ash_number_store(ASH_FLOAT64, &after, variable->dtype, ash_number_load(variable->dtype, value));
    return before == after || ash_dtype_kind(variable->dtype) == 'f';
}

/* All values are written by us, so filling first would write everything twice: where there are no chunks the attribute alone is set. */
static int define_fill(const definer *d, int id, const ash_writer_variable *variable, int chunked) {
    double value[2] = { 0 };
    int has_fill = fill_value(variable, value), result = NC_NOERR;
    if (chunked)
        return has_fill ? nc_def_var_fill(d->file, id, NC_FILL, value) : NC_NOERR;
    if (is_netcdf4(d) && variable->ndim > 0 && (has_fill || !variable->default_fill))
        result = nc_def_var_fill(d->file, id, NC_NOFILL, NULL);
    if (result == NC_NOERR && has_fill)
        result = nc_put_att(d->file, id, "_FillValue", ash_nc_from_dtype(variable->dtype), 1, value);
    return result;
}

static int define_filters(const definer *d, int id, const ash_writer_variable *variable) {
    int result = NC_NOERR;
    unsigned level = (unsigned)variable->zstd;
    if (variable->deflate > 0 || variable->shuffle)
        result = nc_def_var_deflate(d->file, id, variable->shuffle, variable->deflate > 0, variable->deflate);
    if (result == NC_NOERR && variable->zstd != 0) {
        ash_hdf5_offer_zstd();
        result = nc_def_var_filter(d->file, id, ASH_FILTER_ZSTD, 1, &level);
    }
    if (result == NC_NOERR && variable->fletcher32)
        result = nc_def_var_fletcher32(d->file, id, NC_FLETCHER32);
    return result;
}

static int define_storage(const definer *d, int id, const ash_writer_variable *variable) {
    int64_t extent[ASH_MAX_NDIM];
    size_t chunk[ASH_MAX_NDIM];
    if (!is_netcdf4(d))
        return define_fill(d, id, variable, 0);
    int chunked = ash_netcdf_chunk(d->schema, variable, extent), result = NC_NOERR;
    for (int a = 0; a < variable->ndim; a++)
        chunk[a] = (size_t)extent[a];
    if (variable->ndim > 0)
        result = nc_def_var_chunking(d->file, id, chunked ? NC_CHUNKED : NC_CONTIGUOUS, chunked ? chunk : NULL);
    if (result == NC_NOERR && chunked)
        result = define_filters(d, id, variable);
    return result == NC_NOERR ? define_fill(d, id, variable, chunked) : result;
}

static ash_status define_variable(definer *d, const ash_writer_variable *variable) {
    const ash_writer *writer = d->writer;
    int dims[ASH_MAX_NDIM], id, type = ash_nc_from_dtype(variable->dtype);
    char name[NC_MAX_NAME + 1] = "";
    const char *attribute = NULL;
    if (type == 0)
        return ash_fail(d->error, ASH_ERR_DTYPE, "%s: %s: variable '%s' is %s, which NetCDF has no type for", writer->function,
            writer->path, variable->name, ash_dtype_name(variable->dtype));
    if (type > NC_DOUBLE && !ash_format_int64(writer->format))
        return ash_fail(d->error, ASH_ERR_DTYPE,
            "%s: %s: variable '%s' is %s, which format %s does not have; cast it, or write netcdf4 or cdf5", writer->function, writer->path,
            variable->name, ash_dtype_name(variable->dtype), ash_format_name(writer->format));
    for (int a = 0; a < variable->ndim; a++)
        dims[a] = d->dim[variable->dim[a]];
    int result = nc_def_var(d->file, variable->name, type, variable->ndim, dims, &id);
    if (result == NC_NOERR)
        result = nc_inq_varname(d->file, id, name);
    if (result == NC_NOERR && is_netcdf4(d) && strcmp(name, variable->name) != 0) /* HDF5 would not find it */
        return ash_fail(d->error, ASH_ERR_ARGUMENT,
            "%s: %s: the name of variable '%s' has letters and accents apart; NetCDF-4 keeps names in Unicode's normal form C",
            writer->function, writer->path, variable->name);
    if (result == NC_NOERR)
        result = define_storage(d, id, variable);
    if (result == NC_NOERR)
        result = ash_netcdf_attrs_write(d->file, id, variable->attrs, "_FillValue", &attribute);
    if (result == NC_NOERR)
        return ASH_OK;
    if (result == NC_EUNLIMPOS)
        return ash_fail(d->error, ASH_ERR_ARGUMENT,
            "%s: %s: variable '%s': format %s wants the unlimited dimension first; transpose the array", writer->function, writer->path,
            variable->name, ash_format_name(writer->format));
    if (attribute)
        return ash_fail(d->error, ASH_ERR_ARGUMENT, "%s: %s: attribute '%s' of variable '%s': %s", writer->function, writer->path,
            attribute, variable->name, nc_strerror(result));
    return ash_fail(d->error, ASH_ERR_ARGUMENT, "%s: %s: variable '%s' (%s): %s", writer->function, writer->path, variable->name,
        ash_dtype_name(variable->dtype), nc_strerror(result));
}

/* ---- All of it ---- */

static ash_status define_dims(definer *d) {
    for (int k = 0; k < d->schema->ndims; k++) {
        const ash_writer_dim *dim = &d->schema->dim[k];
        if (!is_netcdf4(d) && !dim->unlimited && dim->extent == 0)
            return ash_fail(d->error, ASH_ERR_SHAPE, "%s: %s: dimension '%s' is empty, which format %s allows for the unlimited one only",
                d->writer->function, d->writer->path, dim->name, ash_format_name(d->writer->format));
        int result = nc_def_dim(d->file, dim->name, dim->unlimited ? NC_UNLIMITED : (size_t)dim->extent, &d->dim[k]);
        if (result != NC_NOERR)
            return ash_fail(d->error, ASH_ERR_ARGUMENT, "%s: %s: dimension '%s' of extent %lld: %s", d->writer->function, d->writer->path,
                dim->name, (long long)dim->extent, nc_strerror(result));
    }
    return ASH_OK;
}

static ash_status define_all(definer *d) {
    const char *attribute = NULL;
    int old;
    if (!is_netcdf4(d))
        nc_set_fill(d->file, NC_NOFILL, &old);
    ash_status status = define_dims(d);
    for (int k = 0; status == ASH_OK && k < d->schema->nvariables; k++)
        status = define_variable(d, &d->schema->variable[k]);
    if (status != ASH_OK)
        return status;
    int result = ash_netcdf_attrs_write(d->file, NC_GLOBAL, d->schema->global, NULL, &attribute);
    if (result != NC_NOERR)
        return ash_fail(d->error, ASH_ERR_ARGUMENT, "%s: %s: global attribute '%s': %s", d->writer->function, d->writer->path, attribute,
            nc_strerror(result));
    errno = 0;
    result = nc_enddef(d->file);
    if (result == NC_EVARSIZE)
        return ash_fail(d->error, ASH_ERR_ARGUMENT, "%s: %s: a variable is too large for format %s", d->writer->function, d->writer->path,
            ash_format_name(d->writer->format));
    return result == NC_NOERR ? ASH_OK : fail_write(d, result, errno);
}

static ash_status define_file(definer *d) {
    errno = 0;
    int result = nc_create(d->writer->file.path, NC_CLOBBER | d->mode, &d->file);
    if (result != NC_NOERR)
        return fail_write(d, result, errno);
    /* HDF5 leaks what it holds when it cannot write it as it closes the file, and complains at exit: learn of a full disk before. */
    int full = ash_temporary_reserve(&d->writer->file, (d->schema->nvariables + 1) * (int64_t)VARIABLE_BYTES);
    if (full != 0 || define_all(d) != ASH_OK) {
        nc_abort(d->file);
        return full != 0 ? fail_write(d, NC_NOERR, full) : d->error->status;
    }
    errno = 0;
    result = nc_close(d->file);
    return result == NC_NOERR ? ASH_OK : fail_write(d, result, errno);
}

ash_status ash_netcdf_define(ash_writer *writer, int mode, ash_error_state *error) {
    definer d = { .writer = writer, .schema = writer->schema, .mode = mode, .error = error };
    ash_library_scope scope;
    size_t size, slots;
    float preemption;
    int format;
    d.dim = ash_calloc(d.schema->ndims + 1, sizeof *d.dim);
    if (!d.dim)
        return ash_fail_memory(error, writer->function, (d.schema->ndims + 1) * (int64_t)sizeof *d.dim);
    ash_library_enter(&scope);
    nc_get_chunk_cache(&size, &slots, &preemption); /* NetCDF-C's caches of 16 MiB and more serve nobody here */
    nc_set_chunk_cache(0, 1, preemption);
    nc_set_default_format(NC_FORMAT_CLASSIC, &format); /* which others in this process may have set */
    define_file(&d);
    nc_set_default_format(format, NULL);
    nc_set_chunk_cache(size, slots, preemption);
    ash_library_leave(&scope);
    ash_free(d.dim);
    return error->status;
}
