/* Opening raw binary: what a header would say comes from the caller. */
#include "base/options.h"
#include "base/text.h"
#include "expr/builder.h"
#include "expr/open.h"
#include "expr/view.h"

#include <ashlar/io.h>

#include <string.h>

static int take_order(ash_builder *builder, const char *order, int *fortran) {
    *fortran = order && strcmp(order, "F") == 0;
    if (order && !*fortran && strcmp(order, "C") != 0) {
        ash_fail(&builder->error, ASH_ERR_ARGUMENT, "open_raw: order is '%s', expected 'C' or 'F'", order);
    }
    return ash_builder_ok(builder);
}

static int take_byte_order(ash_builder *builder, const char *order, ash_raw_layout *layout) {
    static const char *const other = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? "big" : "little";
    if (order && strcmp(order, "big") != 0 && strcmp(order, "little") != 0) {
        ash_fail(&builder->error, ASH_ERR_ARGUMENT, "open_raw: byte_order is '%s', expected 'little' or 'big'", order);
    }
    layout->swap = order && strcmp(order, other) == 0 && ash_dtype_size(layout->dtype) > 1;
    return ash_builder_ok(builder);
}

static int take_layout(
    ash_builder *builder, ash_dtype dtype, int ndim, const int64_t shape[], const ash_raw_options *o, ash_raw_layout *layout) {
    *layout = (ash_raw_layout){ .dtype = dtype, .ndim = ndim, .offset = o->offset };
    if ((int)dtype < 0 || dtype >= ASH_DTYPE_COUNT) {
        ash_fail(&builder->error, ASH_ERR_DTYPE, "open_raw: %d is not a dtype", (int)dtype);
    } else if (ndim < 0 || ndim > ASH_MAX_NDIM || (ndim > 0 && !shape)) {
        ash_fail(&builder->error, ASH_ERR_SHAPE, "open_raw: ndim must be from 0 to %d with a shape, found %d%s", ASH_MAX_NDIM, ndim,
            shape ? "" : " and no shape");
    } else if (o->offset < 0) {
        ash_fail(&builder->error, ASH_ERR_ARGUMENT, "open_raw: offset must be >= 0, found %lld", (long long)o->offset);
    }
    for (int a = 0; ash_builder_ok(builder) && a < ndim; a++) {
        layout->shape[a] = shape[a];
        if (shape[a] < 0) {
            ash_fail(&builder->error, ASH_ERR_SHAPE, "open_raw: extent of axis %d must be >= 0, found %lld", a, (long long)shape[a]);
        }
    }
    return ash_builder_ok(builder) && take_order(builder, o->order, &layout->fortran) && take_byte_order(builder, o->byte_order, layout);
}

ash_array ash_open_raw(
    ash_context *context, const char *path, ash_dtype dtype, int ndim, const int64_t shape[], const ash_raw_options *options) {
    ash_builder builder = ash_builder_begin(context, "open_raw");
    ash_raw_options o;
    ash_raw_layout layout;
    ash_options_copy(&o, sizeof o, options, sizeof *options);
    if (!path) {
        ash_fail(&builder.error, ASH_ERR_ARGUMENT, "open_raw: path is NULL");
    }
    ash_file *file = ash_builder_ok(&builder) && take_layout(&builder, dtype, ndim, shape, &o, &layout)
        ? ash_file_open_raw(path, &layout, "open_raw", &builder.error)
        : NULL;
    ash_array array = file ? ash_open_stored(&builder, file, "", &(ash_open_options){ .size = sizeof(ash_open_options), .raw = true })
                           : ash_builder_done(&builder);
    if (o.dims && ash_array_status(array) == ASH_OK) {
        array = ash_set_dims(array, o.dims);
    }
    return o.chunks && ash_array_status(array) == ASH_OK ? ash_view_rechunked("open_raw", array, o.chunks) : array;
}
