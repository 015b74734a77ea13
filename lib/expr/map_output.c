/* The text that says which dimensions an output of a mapped function has: "time, lat=5+5+3, wave=8". */
#include "base/memory.h"
#include "base/span.h"
#include "expr/map.h"

#include <string.h>

void ash_map_shape_free(ash_map_shape *shape) {
    for (int a = 0; a < shape->ndim; a++) {
        ash_free(shape->sizes[a]);
    }
}

/* The dimension of the grid that a word names, -1 if there is none. */
static int find(ash_span word, const ash_dim_names *grid) {
    int64_t position;
    for (int a = 0; a < grid->ndim; a++) {
        if (grid->name[a] && ash_span_is(word, grid->name[a])) {
            return a;
        }
    }
    if (ash_span_integer(word, &position) == ASH_SCAN_OK && position >= -grid->ndim && position < grid->ndim) {
        return (int)(position < 0 ? position + grid->ndim : position);
    }
    return -1;
}

static int read_sizes(ash_builder *builder, ash_span text, ash_map_shape *out, int a) {
    ash_span rest = text, part;
    int64_t n = 1;
    int more = 1;
    for (int64_t i = 0; i < text.length; i++) {
        n += text.text[i] == '+';
    }
    out->sizes[a] = ash_malloc(n * (int64_t)sizeof(int64_t));
    if (!out->sizes[a]) {
        return ash_builder_no_memory(builder);
    }
    while (ash_span_split(&rest, '+', &part, &more)) {
        int64_t *size = &out->sizes[a][out->nsizes[a]++];
        if (ash_span_integer(part, size) != ASH_SCAN_OK || *size < 0 || (*size == 0 && n > 1)) {
            ash_fail(&builder->error, ASH_ERR_ARGUMENT, "%s: dims: expected extents of chunks, \"8\" or \"5+5+3\", found '%.*s'",
                builder->function, ASH_SPAN_ARGS(text));
            return 0;
        }
    }
    return 1;
}

static int new_name(ash_builder *builder, ash_span name, const ash_map_shape *out, char copy[64]) {
    int64_t number;
    if (name.length >= 64) {
        ash_fail(&builder->error, ASH_ERR_DIMENSION, "%s: dims: the name '%.*s' is longer than 63 bytes", builder->function,
            ASH_SPAN_ARGS(name));
        return 0;
    }
    if (ash_span_integer(name, &number) != ASH_SCAN_OTHER) {
        ash_fail(&builder->error, ASH_ERR_DIMENSION, "%s: dims: there is no dimension number %.*s", builder->function, ASH_SPAN_ARGS(name));
        return 0;
    }
    for (int a = 0; a < out->ndim && name.length > 0; a++) {
        if (ash_span_is(name, out->name[a])) {
            ash_fail(
                &builder->error, ASH_ERR_DIMENSION, "%s: dims: dimension '%.*s' is named twice", builder->function, ASH_SPAN_ARGS(name));
            return 0;
        }
    }
    memcpy(copy, name.text, (size_t)name.length);
    copy[name.length] = 0;
    return 1;
}

/* One part: a dimension of the grid, or a new one. `last` is the dimension of the grid that came before. */
static int read_part(ash_builder *builder, ash_span part, const ash_dim_names *grid, ash_map_shape *out, int *last) {
    ash_span name = part, sizes;
    int has_sizes = ash_span_named(part, &name, &sizes), a = out->ndim, axis = name.length > 0 ? find(name, grid) : -1;
    if (a == ASH_MAX_NDIM) {
        ash_fail(&builder->error, ASH_ERR_SHAPE, "%s: dims: more than %d dimensions", builder->function, ASH_MAX_NDIM);
        return 0;
    }
    out->sizes[a] = NULL;
    out->nsizes[a] = 0;
    out->axis[a] = axis;
    *out->name[a] = 0;
    if (axis < 0 && !has_sizes) {
        ash_fail(&builder->error, ASH_ERR_DIMENSION, "%s: dims: the inputs have no dimension '%.*s'; a new one has an extent, \"%.*s=8\"",
            builder->function, ASH_SPAN_ARGS(name), ASH_SPAN_ARGS(name));
        return 0;
    }
    if (axis >= 0 && axis <= *last) {
        ash_fail(&builder->error, ASH_ERR_DIMENSION,
            "%s: dims: dimension '%.*s' is out of order; an output has dimensions in the order of the inputs, each once", builder->function,
            ASH_SPAN_ARGS(name));
        return 0;
    }
    *last = axis >= 0 ? axis : *last;
    if (axis < 0 && !new_name(builder, name, out, out->name[a])) {
        return 0;
    }
    out->ndim++; /* from here on the sizes are freed */
    return !has_sizes || read_sizes(builder, sizes, out, a);
}

int ash_map_parse_output(ash_builder *builder, const char *dims, const ash_dim_names *grid, ash_map_shape *out) {
    ash_span rest = ash_span_of(dims), part;
    int more = rest.length > 0, last = -1;
    out->ndim = 0;
    for (int a = 0; !dims && a < grid->ndim; a++) {
        out->axis[a] = a;
        out->sizes[a] = NULL;
        out->ndim++;
    }
    while (ash_builder_ok(builder) && ash_span_split(&rest, ',', &part, &more)) {
        if (!read_part(builder, part, grid, out, &last)) {
            return 0;
        }
    }
    return ash_builder_ok(builder);
}
