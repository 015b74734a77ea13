/* Opening a stored variable: a file node, its coordinates, and the decoding after it. */
#include "expr/open.h"
#include "base/memory.h"
#include "base/options.h"
#include "expr/decode.h"
#include "expr/elementwise.h"
#include "expr/view.h"

#include <ashlar/io.h>

#include <string.h>

/* Decodes n stored values in memory; used for coordinates, which are kept decoded. */
static void decode_values(const ash_decoding *decoding, int64_t n, const char *stored, char *result) {
    ash_block_kernel *kernel = ash_kernel_unpack(ASH_ISA_BASELINE, decoding->stored, decoding->result);
    int64_t from = ash_dtype_size(decoding->stored), to = ash_dtype_size(decoding->result);
    for (int64_t k = 0; k < n; k += ASH_BLOCK) {
        kernel(
            n - k < ASH_BLOCK ? n - k : ASH_BLOCK, (void *[]){ result + k * to }, (const void *[]){ stored + k * from }, &decoding->unpack);
    }
}

void *ash_read_stored(ash_file *file, const ash_variable *variable, const char *function, ash_error_state *error) {
    int64_t zero[ASH_MAX_NDIM] = { 0 }, one[ASH_MAX_NDIM], n = 1;
    for (int a = 0; a < variable->ndim; a++) {
        one[a] = 1;
        n *= variable->shape[a];
    }
    ash_read_scratch scratch = { 0 };
    int64_t bytes = (n + 1) * ash_dtype_size(variable->dtype);
    void *values = ash_malloc(bytes);
    if (!values) {
        ash_fail_memory(error, function, bytes);
    } else if (n > 0 && ash_file_read(file, variable, zero, variable->shape, one, values, &scratch, error) != ASH_OK) {
        ash_free(values);
        values = NULL;
    }
    ash_read_scratch_free(&scratch);
    return values;
}

void *ash_read_decoded(ash_builder *builder, ash_file *file, const ash_variable *variable, ash_dtype *dtype, ash_attrs **attrs) {
    ash_decoding decoding;
    int64_t n = 1;
    for (int a = 0; a < variable->ndim; a++) {
        n *= variable->shape[a];
    }
    if (ash_decoding_find(variable, 0, builder->function, &decoding, &builder->error) != ASH_OK) {
        return NULL;
    }
    char *stored = ash_read_stored(file, variable, builder->function, &builder->error);
    char *result = stored && decoding.needed ? ash_malloc((n + 1) * ash_dtype_size(decoding.result)) : stored;
    if (stored && !result) {
        ash_builder_no_memory(builder);
    } else if (stored && decoding.needed) {
        decode_values(&decoding, n, stored, result);
    }
    if (result != stored) {
        ash_free(stored);
    }
    if (!result) {
        ash_attrs_release(decoding.attrs);
        return NULL;
    }
    *dtype = decoding.result;
    *attrs = decoding.attrs;
    return result;
}

/* CF cell bounds of a coordinate, where the file has them in the usual form; a coordinate without them is as good. */
static void read_bounds(ash_builder *builder, ash_file *file, const ash_variable *variable, ash_coordinate *coord) {
    const char *name = ash_attrs_text(coord->attrs, "bounds");
    name = name ? name : ash_attrs_text(coord->attrs, "climatology");
    if (!name) {
        return;
    }
    ash_error_state ignored = { 0 };
    const ash_variable *bounds = ash_file_sibling(file, variable, name, &ignored);
    if (!bounds || bounds->ndim != 2 || bounds->shape[0] != coord->extent || bounds->shape[1] < 1 || bounds->shape[1] > ASH_MOST_VERTICES) {
        return;
    }
    ash_attrs *attrs = NULL;
    ash_builder reader =
        ash_builder_begin(builder->context, builder->function); /* unreadable bounds are no reason to refuse the variable */
    coord->bounds = ash_read_decoded(&reader, file, bounds, &coord->bounds_dtype, &attrs);
    ash_attrs_release(attrs);
    int64_t bytes = (int64_t)strlen(name) + 1;
    coord->bounds_name = coord->bounds ? ash_malloc(bytes) : NULL;
    if (coord->bounds_name) {
        memcpy(coord->bounds_name, name, (size_t)bytes);
        coord->vertices = bounds->shape[1];
    }
}

static ash_coordinate *read_coordinate(ash_builder *builder, ash_file *file, const ash_variable *variable, int axis) {
    const ash_variable *stored = ash_file_coordinate(file, variable, axis, &builder->error);
    if (!stored || stored->shape[0] > ASH_LARGEST_COORDINATE) {
        return NULL;
    }
    ash_coordinate *coord = ash_calloc(1, sizeof *coord);
    if (!coord) {
        ash_builder_no_memory(builder);
        return NULL;
    }
    coord->references = 1;
    coord->extent = stored->shape[0];
    coord->values = ash_read_decoded(builder, file, stored, &coord->dtype, &coord->attrs);
    if (!coord->values) {
        ash_coord_release(coord);
        return NULL;
    }
    read_bounds(builder, file, stored, coord);
    return coord;
}

/* Whether the same name stands at an earlier axis: NetCDF allows it, an array does not, so the later one stays anonymous. */
static int repeated(const ash_variable *variable, int axis) {
    for (int a = 0; a < axis; a++) {
        if (variable->dim[a] && strcmp(variable->dim[a], variable->dim[axis]) == 0) {
            return 1;
        }
    }
    return 0;
}

static void build_dims(ash_builder *builder, ash_file *file, const ash_variable *variable, int64_t element_bytes) {
    ash_node *node = builder->node;
    ash_grid_axis grid[ASH_MAX_NDIM];
    ash_grid_stored(variable->ndim, variable->shape, variable->chunk, element_bytes, grid);
    ash_grid_axis *joined = &grid[variable->part_axis];
    if (variable->parts > 1 && !ash_axis_parts(joined, variable->parts, variable->part_begin, &node->arena, joined)) {
        ash_builder_no_memory(builder);
    }
    for (int a = 0; a < variable->ndim && ash_builder_ok(builder); a++) {
        ash_dim *dim = &node->output[0].dim[a];
        dim->axis = grid[a];
        if (variable->dim[a] && !repeated(variable, a)) {
            dim->name = ash_arena_strdup(&node->arena, variable->dim[a]);
            dim->coord = read_coordinate(builder, file, variable, a);
            if (!dim->name) {
                ash_builder_no_memory(builder);
            }
        }
    }
}

/* Runs need the list of a variable's stored chunks as a whole: one that is larger than their memory is told before it is made. */
static int check_table(ash_builder *builder, const ash_file *file, const ash_variable *variable) {
    char table[32], limit[32];
    int64_t most = builder->context->options.memory_limit;
    if (variable->need.table > most) {
        ash_fail(&builder->error, ASH_ERR_LIMIT,
            "%s: %s: variable '%s' has so many stored chunks that the list of them takes %s (%lld bytes), more than the memory limit of %s",
            builder->function, ash_file_path(file), variable->name, ash_format_bytes(variable->need.table, table),
            (long long)variable->need.table, ash_format_bytes(most, limit));
    }
    return ash_builder_ok(builder);
}

/* The file node and, unless raw, the decoding after it. Consumes the file's reference. */
static ash_array build_file(ash_builder *builder, ash_file *file, const ash_variable *variable, const ash_open_options *options) {
    ash_decoding decoding = { .stored = variable->dtype, .result = variable->dtype };
    if (options->raw) {
        decoding.attrs = ash_attrs_retain(variable->attrs);
    } else {
        ash_decoding_find(variable, options->valid_range, builder->function, &decoding, &builder->error);
    }
    if (!ash_builder_node(builder, ASH_NODE_FILE, 0, 1)) {
        ash_attrs_release(decoding.attrs);
        ash_file_release(file);
        return ash_builder_done(builder);
    }
    ash_node *node = builder->node;
    node->u.file.file = file;
    node->u.file.variable = variable;
    if (ash_builder_output(builder, 0, decoding.stored, variable->ndim)) {
        node->output[0].attrs = ash_attrs_retain(decoding.attrs);
        node->output[0].name = ash_arena_strdup(&node->arena, variable->name);
        build_dims(builder, file, variable, ash_dtype_size(decoding.result));
    }
    if (decoding.needed) {
        decoding.unpack.missing = ash_arena_memdup(&node->arena, decoding.missing, sizeof decoding.missing);
        if (!decoding.unpack.missing) {
            ash_builder_no_memory(builder);
        }
    }
    ash_array stored = ash_builder_done(builder);
    ash_builder decoder = ash_builder_begin(builder->context, builder->function);
    ash_value value;
    if (!decoding.needed || !ash_builder_value(&decoder, stored, "file", &value)) {
        ash_attrs_release(decoding.attrs);
        return stored;
    }
    return ash_unary_function(
        &decoder, value, ASH_FUNCTION_UNPACK, decoding.result, &decoding.unpack, sizeof decoding.unpack, decoding.attrs);
}

ash_array ash_open_stored(ash_builder *builder, ash_file *file, const char *name, const ash_open_options *options) {
    ash_open_options o;
    ash_options_copy(&o, sizeof o, options, sizeof *options);
    const ash_variable *stored = ash_builder_ok(builder) ? ash_file_variable(file, name, builder->function, &builder->error) : NULL;
    if (!stored || !check_table(builder, file, stored)) {
        ash_file_release(file);
        return ash_builder_done(builder);
    }
    const char *function = builder->function;
    ash_array array = build_file(builder, file, stored, &o);
    return o.chunks && ash_array_status(array) == ASH_OK ? ash_view_rechunked(function, array, o.chunks) : array;
}

ash_array ash_open(ash_context *context, const char *path, const char *variable, const ash_open_options *options) {
    ash_builder builder = ash_builder_begin(context, "open");
    if (!path) {
        ash_fail(&builder.error, ASH_ERR_ARGUMENT, "open: path is NULL");
    }
    ash_file *file = ash_builder_ok(&builder) ? ash_file_open(path, "open", &builder.error) : NULL;
    return file ? ash_open_stored(&builder, file, variable ? variable : "", options) : ash_builder_done(&builder);
}
