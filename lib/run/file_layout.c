#include "run/file_layout.h"

#include "expr/references.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { LARGEST_FILE_CHUNK = 32 << 20 }; /* the storage libraries hold several in memory */

typedef struct maker {
    ash_file_layout *layout;
    ash_context *context;
    const ash_format *format;
    const ash_write_options *options;
    ash_error_state *error;
} maker;

static int no_memory(maker *m) {
    ash_fail(m->error, ASH_ERR_MEMORY, "write: the system gave no memory");
    return 0;
}

/* ---- Dimensions ---- */

static int find_dim(const ash_file_layout *layout, const char *name) {
    for (int k = 0; k < layout->ndims; k++) {
        if (strcmp(layout->dim[k].name, name) == 0) {
            return k;
        }
    }
    return -1;
}

static int add_dim(maker *m, const char *name, int64_t extent) {
    ash_file_layout *layout = m->layout;
    char *copy = ash_arena_strdup(&layout->arena, name);
    if (!copy) {
        no_memory(m);
        return -1;
    }
    int unlimited = m->options->unlimited && strcmp(m->options->unlimited, name) == 0;
    layout->dim[layout->ndims] = (ash_writer_dim){ .name = copy, .extent = extent, .unlimited = unlimited };
    return layout->ndims++;
}

/* A dimension without a coordinate under a name of our own, with a number behind it if the name is taken by another kind of dimension. */
static int nameless_dim(maker *m, const char *base, int64_t extent) {
    char name[64];
    for (int try = 0;; try++) {
        snprintf(name, sizeof name, try ? "%s_%d" : "%s", base, try);
        int found = find_dim(m->layout, name);
        if (found < 0) {
            return add_dim(m, name, extent);
        }
        if (m->layout->dim[found].extent == extent && !m->layout->coord[found]) {
            return found;
        }
    }
}

static int anonymous_dim(maker *m, int axis, int64_t extent) {
    char base[32];
    snprintf(base, sizeof base, "dim_%d", axis);
    return nameless_dim(m, base, extent);
}

/* The dimension of the vertices of cell bounds. */
static int vertex_dim(maker *m, int64_t vertices) {
    char base[32];
    snprintf(base, sizeof base, vertices == 2 ? "bnds" : "bnds_%lld", (long long)vertices);
    return nameless_dim(m, base, vertices);
}

static int named_dim(maker *m, const ash_dim *dim, const char *variable) {
    int found = find_dim(m->layout, dim->name);
    if (found < 0) {
        found = add_dim(m, dim->name, dim->axis.extent);
    }
    if (found < 0) {
        return -1;
    }
    if (m->layout->dim[found].extent != dim->axis.extent) {
        ash_fail(m->error, ASH_ERR_SHAPE, "write: dimension '%s' has extent %lld in '%s', but %lld in another variable of the file",
            dim->name, (long long)dim->axis.extent, variable, (long long)m->layout->dim[found].extent);
        return -1;
    }
    if (dim->coord && m->layout->coord[found] && !ash_coord_equal(dim->coord, m->layout->coord[found])) {
        ash_fail(m->error, ASH_ERR_DIMENSION,
            "write: the coordinate of dimension '%s' in '%s' differs from that in another variable of the file", dim->name, variable);
        return -1;
    }
    if (dim->coord && !m->layout->coord[found]) {
        m->layout->coord[found] = dim->coord; /* the array's node holds it */
    }
    return found;
}

/* ---- Variables ---- */

static int is_unlimited(const ash_dim *dim, const ash_write_options *options) {
    return dim->name && options->unlimited && strcmp(dim->name, options->unlimited) == 0;
}

/* Chunks of the file are those of the array, so that each is written once. A small array is not chunked for its filters alone. */
int ash_file_chunk(const ash_output *output, const ash_format *format, const ash_write_options *options, int64_t chunk[]) {
    int filtered = options->deflate > 0 || options->shuffle || options->zstd != 0 || options->fletcher32,
        needed = filtered || options->chunks;
    needed |= ash_format_chunked(format);
    needed |= options->resume && options->unlimited; /* what is resumed is kept in chunks of all variables, or of none */
    int64_t bytes = ash_dtype_size(output->dtype);
    for (int a = 0; a < output->ndim; a++) {
        const ash_grid_axis *axis = &output->dim[a].axis;
        chunk[a] = !axis->bounds && axis->offset == 0 ? (axis->step < axis->extent ? axis->step : axis->extent) : ash_axis_largest(axis);
        chunk[a] = chunk[a] > 0 ? chunk[a] : 1;
        bytes *= chunk[a];
        needed |= is_unlimited(&output->dim[a], options);
    }
    for (int a = 0; a < output->ndim; a++) {
        while (bytes > LARGEST_FILE_CHUNK && chunk[a] > 1) {
            bytes /= chunk[a];
            chunk[a] = (chunk[a] + 1) / 2;
            bytes *= chunk[a];
        }
    }
    return needed && output->ndim > 0 && ash_format_filters(format);
}

int ash_file_chunk_fits(const ash_output *output, const int64_t chunk[]) {
    for (int a = 0; a < output->ndim; a++) {
        const ash_grid_axis *axis = &output->dim[a].axis;
        if (axis->count > 1 ? axis->bounds || axis->offset != 0 || axis->step != chunk[a] : axis->extent > chunk[a]) {
            return 0;
        }
    }
    return 1;
}

static void choose_chunks(maker *m, const ash_output *output, ash_writer_variable *variable) {
    if (!ash_file_chunk(output, m->format, m->options, variable->chunk)) {
        memset(variable->chunk, 0, sizeof variable->chunk);
        return;
    }
    variable->deflate = m->options->deflate;
    variable->shuffle = m->options->shuffle;
    variable->zstd = m->options->zstd;
    variable->fletcher32 = m->options->fletcher32;
}

/* An array that is written under the name of its only dimension is that dimension's coordinate. */
static int is_coordinate(const ash_output *output, const char *name) {
    return output->ndim == 1 && output->dim[0].name && strcmp(output->dim[0].name, name) == 0;
}

static int set_real(ash_attrs **attrs, const char *name, ash_dtype dtype, double number) {
    unsigned char element[16];
    ash_number_store(dtype, element, ASH_FLOAT64, (ash_number){ .f = number });
    return ash_attrs_set(attrs, name, 0, dtype, 1, element);
}

/* The attributes that tell how an array is packed. */
static int describe_packing(const ash_packing *packing, ash_writer_variable *variable, ash_attrs **attrs) {
    ash_dtype dtype = ash_dtype_kind(packing->from) == 'f' ? packing->from : ASH_FLOAT64;
    int fine = 1;
    variable->dtype = packing->to;
    if (packing->has_scale) {
        fine = fine && set_real(attrs, "scale_factor", dtype, packing->scale);
    }
    if (packing->has_offset) {
        fine = fine && set_real(attrs, "add_offset", dtype, packing->offset);
    }
    if (packing->has_fill) {
        fine = fine && set_real(attrs, "_FillValue", packing->to, packing->fill);
    }
    return fine;
}

/* NetCDF has no bool. */
static ash_dtype stored_dtype(const maker *m, ash_dtype dtype) {
    return dtype == ASH_BOOL && !ash_format_numpy(m->format) ? ASH_INT8 : dtype;
}

/* Its attributes are those of `stored`, or its own with what tells missing values and bool. */
static int add_array(maker *m, const ash_output *output, const char *name, const ash_variable *stored, ash_writer_variable *variable,
    ash_packing **packing) {
    ash_attrs *attrs = ash_attrs_retain(stored ? stored->attrs : output->attrs);
    char kind = ash_dtype_kind(output->dtype);
    *variable = (ash_writer_variable){ .name = name, .dtype = stored_dtype(m, output->dtype), .ndim = output->ndim };
    if (kind == 'c' && !ash_format_numpy(m->format)) {
        ash_fail(m->error, ASH_ERR_DTYPE, "write: '%s' is %s, which NetCDF cannot hold; write ash_real_part() and ash_imag_part()", name,
            ash_dtype_name(output->dtype));
    }
    for (int a = 0; a < output->ndim && m->error->status == ASH_OK; a++) {
        const ash_dim *dim = &output->dim[a];
        variable->dim[a] = dim->name ? named_dim(m, dim, name) : anonymous_dim(m, a, dim->axis.extent);
    }
    variable->default_fill = stored && !stored->no_fill;
    if (m->error->status == ASH_OK) {
        choose_chunks(m, output, variable);
    }
    float nan32 = NAN;
    double nan64 = NAN;
    int fine = 1;
    if (kind == 'f' && !stored && !is_coordinate(output, name)) { /* CF: coordinates have no missing values */
        fine = fine &&
            ash_attrs_set(&attrs, "_FillValue", 0, output->dtype, 1, output->dtype == ASH_FLOAT32 ? (void *)&nan32 : (void *)&nan64);
    }
    const char *marked = ash_attrs_text(attrs, "dtype"); /* how bool is told from int8; it does not outlive a cast */
    int is_marked = variable->dtype != output->dtype;
    if (is_marked || (marked && strcmp(marked, "bool") == 0 && (!stored || output->dtype == ASH_BOOL))) {
        fine = fine && ash_attrs_set(&attrs, "dtype", 1, ASH_INT8, is_marked ? 4 : 0, is_marked ? "bool" : NULL);
    }
    ash_packing found;
    if (m->error->status == ASH_OK && fine &&
        ash_packing_find(&found, m->options->encoding, name, output->dtype, is_coordinate(output, name), &m->layout->arena, m->error)) {
        *packing = ash_arena_memdup(&m->layout->arena, &found, sizeof found);
        fine = *packing && describe_packing(&found, variable, &attrs);
    }
    variable->attrs = attrs;
    return fine ? m->error->status == ASH_OK : no_memory(m);
}

static int name_taken(const maker *m, const char *name, int variables) {
    for (int k = 0; k < variables; k++) {
        if (strcmp(m->layout->variable[k].name, name) == 0) {
            return 1;
        }
    }
    return 0;
}

/* Coordinates of 64-bit and unsigned integers become int32, or float64 where they do not fit, in formats that have no such integers. NULL when out of memory. */
static const void *narrow(maker *m, ash_dtype *dtype, const void *values, int64_t n) {
    int64_t size = ash_dtype_size(*dtype);
    char kind = ash_dtype_kind(*dtype);
    if (ash_format_int64(m->format) || kind == 'f' || kind == 'b' || (kind == 'i' && size <= 4)) {
        return values;
    }
    double *real = ash_arena_alloc(&m->layout->arena, (n + 1) * (int64_t)sizeof *real);
    int fits = 1;
    for (int64_t k = 0; real && k < n; k++) {
        ash_number_store(ASH_FLOAT64, &real[k], *dtype, ash_number_load(*dtype, (const char *)values + k * size));
        fits &= real[k] >= INT32_MIN && real[k] <= INT32_MAX;
    }
    *dtype = fits ? ASH_INT32 : ASH_FLOAT64;
    for (int64_t k = 0; real && fits && k < n; k++) {
        int32_t integer = (int32_t)real[k];
        memcpy((char *)real + k * (int64_t)sizeof integer, &integer, sizeof integer);
    }
    return real;
}

/* A variable with values in memory. Consumes the reference to attrs. */
static void add_fixed(maker *m, const char *name, ash_dtype dtype, int ndim, const int dim[], const void *values, ash_attrs *attrs) {
    ash_file_layout *layout = m->layout;
    ash_writer_variable *variable = &layout->variable[layout->nfixed];
    int64_t n = 1;
    for (int a = 0; a < ndim; a++) {
        n *= layout->dim[dim[a]].extent;
    }
    values = narrow(m, &dtype, values, n);
    if (!values) {
        no_memory(m);
    }
    *variable = (ash_writer_variable){ .name = name, .dtype = stored_dtype(m, dtype), .ndim = ndim, .attrs = attrs };
    ash_layout_fixed *fixed = &layout->fixed[layout->nfixed];
    *fixed = (ash_layout_fixed){ .variable = layout->nfixed, .values = values };
    for (int a = 0; a < ndim; a++) {
        variable->dim[a] = dim[a];
        fixed->extent[a] = layout->dim[dim[a]].extent;
        if (layout->dim[dim[0]].unlimited) {
            variable->chunk[a] = fixed->extent[a] > 0 ? (fixed->extent[a] < 4096 ? fixed->extent[a] : 4096) : 1;
        }
    }
    layout->nfixed++;
}

static int written_as_array(const char *dim, int n, const ash_value value[], const char *const names[]) {
    for (int k = 0; k < n; k++) {
        if (strcmp(names[k], dim) == 0 && is_coordinate(ash_value_output(value[k]), dim)) {
            return 1;
        }
    }
    return 0;
}

/* Whether the bounds of a coordinate can be written under their name. */
static int has_writable_bounds(const maker *m, const ash_coordinate *coord, int n, const char *const names[]) {
    int free = coord->vertices > 0 && find_dim(m->layout, coord->bounds_name) < 0 && !name_taken(m, coord->bounds_name, m->layout->nfixed);
    for (int k = 0; k < n && free; k++) {
        free = strcmp(names[k], coord->bounds_name) != 0;
    }
    return free;
}

static int add_coordinates(maker *m, int n, const ash_value value[], const char *const names[]) {
    ash_file_layout *layout = m->layout;
    int ndims = layout->ndims; /* bounds add dimensions */
    for (int k = 0; k < ndims; k++) {
        ash_coordinate *coord = layout->coord[k];
        if (!coord || written_as_array(layout->dim[k].name, n, value, names)) {
            continue;
        }
        ash_attrs *attrs = ash_attrs_retain(coord->attrs);
        const char *kept = ash_attrs_text(coord->attrs, "climatology") ? "climatology" : "bounds";
        int bounded = has_writable_bounds(m, coord, n, names);
        if (bounded && !ash_attrs_set_text(&attrs, kept, coord->bounds_name)) {
            ash_attrs_release(attrs);
            return no_memory(m);
        }
        add_fixed(m, layout->dim[k].name, coord->dtype, 1, &k, coord->values, attrs);
        if (!bounded) {
            continue;
        }
        int vertices = vertex_dim(m, coord->vertices);
        if (vertices < 0) {
            return 0;
        }
        add_fixed(m, coord->bounds_name, coord->bounds_dtype, 2, (int[]){ k, vertices }, coord->bounds, NULL);
    }
    return 1;
}

/* Variables name others only if these are in the file too, or in other files, as its attribute external_variables says. */
static int keep_references(maker *m) {
    ash_file_layout *layout = m->layout;
    static const char blanks[] = " \t\n";
    const char *outside = ash_attrs_text(layout->global, "external_variables");
    char *words = ash_arena_strdup(&layout->arena, outside ? outside : ""), *rest = NULL;
    int64_t most = layout->nvariables + (words ? (int64_t)strlen(words) / 2 + 1 : 0);
    const char **known = ash_arena_alloc(&layout->arena, most * (int64_t)sizeof *known);
    int fine = words && known, n = 0;
    for (; fine && n < layout->nvariables; n++) {
        known[n] = layout->variable[n].name;
    }
    for (char *word = fine ? strtok_r(words, blanks, &rest) : NULL; word; word = strtok_r(NULL, blanks, &rest)) {
        known[n++] = word;
    }
    for (int k = 0; fine && k < layout->nvariables; k++) {
        ash_attrs *attrs = (ash_attrs *)(uintptr_t)layout->variable[k].attrs;
        fine = ash_references_keep(&attrs, n, known);
        layout->variable[k].attrs = attrs;
    }
    return fine ? 1 : no_memory(m);
}

/* ---- Global attributes ---- */

/* The global attributes of the first file that one of the arrays is made from. */
static void inherit_global(maker *m, int n, const ash_value value[]) {
    for (int v = 0; v < n; v++) {
        ash_reach(m->context, 1, &value[v]);
        for (int64_t k = 0; k < m->context->nreached; k++) {
            ash_node *node = m->context->reached[k];
            if (node->kind == ASH_NODE_FILE) {
                m->layout->global = ash_attrs_retain((ash_attrs *)(uintptr_t)ash_file_attrs(node->u.file.file));
                return;
            }
        }
    }
}

/* One line in front of the history, as CF tools do: time and what was done. */
static int extend_history(maker *m, int n, const char *const names[]) {
    const char *given = m->options->history, *before = ash_attrs_text(m->layout->global, "history");
    if (given && !*given) {
        return 1;
    }
    int64_t bytes = 200 + (given ? (int64_t)strlen(given) : 0) + (before ? (int64_t)strlen(before) : 0);
    for (int k = 0; k < n; k++) {
        bytes += (int64_t)strlen(names[k]) + 2;
    }
    char *text = ash_arena_alloc(&m->layout->arena, bytes);
    if (!text) {
        return no_memory(m);
    }
    time_t now = time(NULL);
    struct tm date;
    localtime_r(&now, &date);
    size_t at = strftime(text, 64, "%a %b %d %H:%M:%S %Y: ", &date);
    if (given) {
        at += (size_t)sprintf(text + at, "%s", given);
    } else {
        at += (size_t)sprintf(text + at, "ashlar %s: write", ash_version());
        for (int k = 0; k < n; k++) {
            at += (size_t)sprintf(text + at, "%s %s", k ? "," : "", names[k]);
        }
    }
    if (before && *before) {
        sprintf(text + at, "\n%s", before);
    }
    return ash_attrs_set_text(&m->layout->global, "history", text) ? 1 : no_memory(m);
}

/* ---- All of it ---- */

static int make_variables(maker *m, int n, const ash_value value[], const char *const names[], const ash_variable *const stored[]) {
    ash_file_layout *layout = m->layout;
    int64_t dims = 0;
    for (int k = 0; k < n; k++) {
        dims += ash_value_output(value[k])->ndim;
        if (!names[k] || !*names[k] || strchr(names[k], '/')) {
            ash_fail(m->error, ASH_ERR_ARGUMENT, "write: the name of variable %d must be a name without '/', found '%s'", k,
                names[k] ? names[k] : "(NULL)");
            return 0;
        }
    }
    layout->dim = ash_arena_alloc(&layout->arena, (2 * dims + 1) * (int64_t)sizeof *layout->dim);
    layout->coord = ash_arena_alloc(&layout->arena, (2 * dims + 1) * (int64_t)sizeof *layout->coord);
    layout->fixed = ash_arena_alloc(&layout->arena, (2 * dims + 1) * (int64_t)sizeof *layout->fixed);
    layout->variable = ash_arena_alloc(&layout->arena, (2 * dims + n + 1) * (int64_t)sizeof *layout->variable);
    layout->packing = ash_arena_alloc(&layout->arena, (n + 1) * (int64_t)sizeof *layout->packing);
    ash_writer_variable *array = ash_arena_alloc(&layout->arena, (n + 1) * (int64_t)sizeof *array);
    if (!layout->dim || !layout->coord || !layout->fixed || !layout->variable || !layout->packing || !array) {
        return no_memory(m);
    }
    int fine = ash_encoding_check(m->options->encoding, n, names, m->error) == ASH_OK, made = 0;
    for (; made < n && fine; made++) {
        fine = add_array(m, ash_value_output(value[made]), names[made], stored ? stored[made] : NULL, &array[made], &layout->packing[made]);
    }
    fine = fine && (ash_format_bare(m->format) || add_coordinates(m, n, value, names));
    layout->nvariables = layout->nfixed;
    for (int k = 0; k < made; k++) {
        if (fine && name_taken(m, names[k], layout->nvariables)) {
            ash_fail(m->error, ASH_ERR_ARGUMENT, "write: there is a variable or coordinate named '%s' in the file already", names[k]);
            fine = 0;
        }
        layout->variable[layout->nvariables++] = array[k];
    }
    if (fine && m->options->unlimited && find_dim(layout, m->options->unlimited) < 0) {
        ash_fail(m->error, ASH_ERR_DIMENSION, "write: unlimited names the dimension '%s', which no variable has", m->options->unlimited);
        fine = 0;
    }
    return fine;
}

static int make_global(maker *m, int n, const ash_value value[], const char *const names[]) {
    if (!m->options->attributes) {
        inherit_global(m, n, value);
    } else if (ash_attrs_set_lines(&m->layout->global, m->options->attributes, "write", m->error) != ASH_OK) {
        return 0;
    }
    return extend_history(m, n, names);
}

ash_status ash_file_layout_make(ash_file_layout *layout, ash_context *context, int n, const ash_value value[], const char *const names[],
    const ash_variable *const stored[], const ash_format *format, const ash_write_options *options, ash_error_state *error) {
    maker m = { .layout = layout, .context = context, .format = format, .options = options, .error = error };
    if (make_variables(&m, n, value, names, stored) && make_global(&m, n, value, names)) {
        keep_references(&m);
    }
    layout->schema = (ash_writer_schema){
        .ndims = layout->ndims, .nvariables = layout->nvariables, .dim = layout->dim, .variable = layout->variable, .global = layout->global
    };
    return error->status;
}

void ash_file_layout_free(ash_file_layout *layout) {
    for (int k = 0; k < layout->nvariables; k++) {
        ash_attrs_release((ash_attrs *)(uintptr_t)layout->variable[k].attrs);
    }
    ash_attrs_release(layout->global);
    ash_arena_free(&layout->arena);
    *layout = (ash_file_layout){ 0 };
}
