/* Chunks of arrays as arrays, and arrays made of chunks. */
#include "base/memory.h"
#include "base/span.h"
#include "expr/builder.h"
#include "expr/elementwise.h"
#include "expr/one_block.h"

#include <ashlar/delayed.h>
#include <ashlar/shape.h>

#include <stdio.h>
#include <string.h>

/* ---- A chunk ---- */

/* "2,0" as coordinates. 0 with an error. */
static int read_coordinates(ash_builder *builder, const ash_output *output, const char *text, int64_t coordinate[ASH_MAX_NDIM]) {
    ash_span rest = ash_span_of(text), part;
    int more = rest.length > 0, n = 0;
    while (ash_span_split(&rest, ',', &part, &more)) {
        int64_t number = 0;
        if (ash_span_integer(part, &number) != ASH_SCAN_OK) {
            ash_fail(&builder->error, ASH_ERR_ARGUMENT, "chunk: expected the numbers of a chunk, \"2,0\", found '%.200s'", text);
            return 0;
        }
        if (n < output->ndim) {
            int64_t count = output->dim[n].axis.count;
            if (number < -count || number >= count) {
                ash_fail(&builder->error, ASH_ERR_INDEX, "chunk: axis %d has %lld chunks, found number %lld", n, (long long)count,
                    (long long)number);
                return 0;
            }
            coordinate[n] = number < 0 ? number + count : number;
        }
        n++;
    }
    if (n != output->ndim) {
        ash_fail(&builder->error, ASH_ERR_ARGUMENT, "chunk: expected %d numbers, one a dimension, found %d in '%.200s'", output->ndim, n,
            text ? text : "(null)");
    }
    return ash_builder_ok(builder);
}

ash_array ash_chunk(ash_array a, const char *chunk) {
    ash_builder builder = ash_builder_begin(a.context, "chunk");
    ash_value input;
    int64_t coordinate[ASH_MAX_NDIM];
    if (!ash_builder_value(&builder, a, "a", &input) || !read_coordinates(&builder, ash_value_output(input), chunk, coordinate)) {
        return ash_builder_done(&builder);
    }
    const ash_output *output = ash_value_output(input);
    char text[ASH_MAX_NDIM * 48] = "";
    for (int k = 0; k < output->ndim; k++) {
        const ash_grid_axis *axis = &output->dim[k].axis;
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%lld:%lld", k ? "," : "",
            (long long)ash_axis_start(axis, coordinate[k]), (long long)ash_axis_start(axis, coordinate[k] + 1));
    }
    return output->ndim > 0 ? ash_index(a, text) : a;
}

/* ---- Arrays made of chunks ---- */

static int from_chunks_part(const ash_node *node, const ash_blocks_step *at, int k, ash_part *part) {
    ash_box chunk;
    ash_output_box(&node->output[0], at->chunk, &chunk);
    part->box = at->box[0];
    part->input = (int)at->chunk;
    for (int a = 0; a < node->output[0].ndim; a++) {
        if (part->box.extent[a] == 0) {
            return 0;
        }
        part->box.start[a] -= chunk.start[a];
    }
    return k == 0;
}

static int from_chunks_reach(const ash_node *node, const ash_need box[], int input, ash_need need[]) {
    ash_box chunk;
    ash_output_box(&node->output[0], input, &chunk);
    for (int a = 0; a < node->output[0].ndim; a++) {
        int64_t begin = box[a].begin - chunk.start[a], end = box[a].end - chunk.start[a];
        need[a] = (ash_need){ begin > 0 ? begin : 0, end < chunk.extent[a] ? end : chunk.extent[a] };
        if (need[a].begin >= need[a].end) {
            return 0;
        }
    }
    return 1;
}

static const ash_blocks_kind from_chunks_kind = {
    .name = "from_chunks", .part = from_chunks_part, .reach = from_chunks_reach, .run = ash_copy_one_block
};

/* The chunks as values of one dtype, each of `ndim` dimensions. */
static int resolve(ash_builder *builder, int n, const ash_array chunks[], int ndim, ash_value value[]) {
    char argument[32], weak;
    for (int k = 0; k < n; k++) {
        snprintf(argument, sizeof argument, "chunks[%d]", k);
        if (!ash_builder_value(builder, chunks[k], argument, &value[k])) {
            return 0;
        }
        if (ash_value_output(value[k])->ndim != ndim) {
            ash_fail(&builder->error, ASH_ERR_SHAPE, "from_chunks: chunks[%d] has %d dimensions, expected %d", k,
                ash_value_output(value[k])->ndim, ndim);
            return 0;
        }
    }
    ash_dtype dtype = ash_promote_values(n, value, &weak);
    for (int k = 0; k < n; k++) {
        if (ash_value_output(value[k])->dtype != dtype && !ash_builder_value(builder, ash_cast(chunks[k], dtype), "chunks", &value[k])) {
            return 0;
        }
    }
    return 1;
}

/* The cuts of an axis: the extents of the chunks along it, which must be the same in all rows of the grid. */
static int build_axis(ash_builder *builder, int axis, int64_t before, int64_t count, int64_t after, const ash_value value[]) {
    int64_t *bounds = ash_arena_alloc(&builder->node->arena, (count + 1) * (int64_t)sizeof *bounds);
    if (!bounds) {
        return ash_builder_no_memory(builder);
    }
    for (int64_t c = 0; c < count; c++) {
        int64_t extent = ash_value_output(value[c * after])->dim[axis].axis.extent;
        for (int64_t k = 0; k < before * after; k++) {
            int64_t other = k / after * count * after + c * after + k % after;
            if (ash_value_output(value[other])->dim[axis].axis.extent != extent) {
                ash_fail(&builder->error, ASH_ERR_SHAPE,
                    "from_chunks: axis %d has extent %lld in chunks[%lld] and %lld in chunks[%lld] (must be equal)", axis,
                    (long long)extent, (long long)(c * after), (long long)ash_value_output(value[other])->dim[axis].axis.extent,
                    (long long)other);
                return 0;
            }
        }
        if ((extent == 0 && count > 1) || __builtin_add_overflow(bounds[c], extent, &bounds[c + 1])) {
            ash_fail(&builder->error, ASH_ERR_SHAPE, "from_chunks: axis %d of chunks[%lld] %s", axis, (long long)(c * after),
                extent == 0 ? "has extent 0" : "makes the result larger than can be addressed");
            return 0;
        }
    }
    ash_dim *dim = &builder->node->output[0].dim[axis];
    dim->axis = bounds[count] > 0 ? ash_axis_listed(count, bounds) : ash_axis_regular(0, 1, 0);
    const char *name = ash_value_output(value[0])->dim[axis].name;
    dim->name = ash_arena_strdup(&builder->node->arena, name);
    return dim->name || !name ? 1 : ash_builder_no_memory(builder);
}

static void build(ash_builder *builder, int n, const ash_array chunks[], int ndim, const int64_t counts[]) {
    if (!ash_builder_node(builder, ASH_NODE_BLOCKS, n, 1) || !resolve(builder, n, chunks, ndim, builder->node->input) ||
        !ash_builder_output(builder, 0, ash_value_output(builder->node->input[0])->dtype, ndim)) {
        return;
    }
    builder->node->u.blocks = (ash_blocks_node){ .kind = &from_chunks_kind, .steps = 1 };
    int64_t before = 1, after = n;
    for (int a = 0; a < ndim && ash_builder_ok(builder); a++) {
        after /= counts[a];
        build_axis(builder, a, before, counts[a], after, builder->node->input);
        before *= counts[a];
    }
}

ash_array ash_from_chunks(int n, const ash_array chunks[], int ndim, const int64_t counts[]) {
    ash_builder builder = ash_builder_begin(n > 0 && chunks ? chunks[0].context : NULL, "from_chunks");
    int64_t expected = 1;
    for (int a = 0; a < ndim && ndim <= ASH_MAX_NDIM && counts && expected <= n; a++) {
        expected = counts[a] > 0 && counts[a] <= n ? expected * counts[a] : INT64_MAX / 2;
    }
    if (n < 1 || !chunks) {
        builder.error = (ash_error_state){ 0 };
        ash_fail(&builder.error, ASH_ERR_ARGUMENT, "from_chunks: n must be 1 or more, with as many chunks, found %d", n);
    } else if (ash_builder_ok(&builder) && (ndim < 0 || ndim > ASH_MAX_NDIM || (ndim > 0 && !counts))) {
        ash_fail(&builder.error, ASH_ERR_ARGUMENT, "from_chunks: ndim must be from 0 to %d, with counts, found %d%s", ASH_MAX_NDIM, ndim,
            counts ? "" : " and no counts");
    } else if (ash_builder_ok(&builder) && expected != n) {
        ash_fail(&builder.error, ASH_ERR_ARGUMENT, "from_chunks: counts must be 1 or more and multiply to %d, the number of chunks", n);
    }
    if (ash_builder_ok(&builder)) {
        build(&builder, n, chunks, ndim, counts);
    }
    return ash_builder_done(&builder);
}
