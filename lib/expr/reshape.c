/* Other shapes of the same elements. Axes that only come or go with one element make a view. Else a chunk of the result is a range of elements, in C order, of
 * every group of axes that are merged or split; such a range is a few boxes of the input: a head, a body, a tail, of which head and tail may fall apart again.
 * A part of a chunk is some ranges of the same length: a range for each row of the axis that it is cut along. */
#include "expr/reshape.h"
#include "base/memory.h"
#include "base/span.h"
#include "expr/reshape_grid.h"
#include "expr/view.h"

#include <ashlar/shape.h>

#include <stdio.h>
#include <string.h>

/* ---- What the plan asks ---- */

typedef struct reshape_parameter {
    int64_t groups;
    ash_axis_group group[ASH_AXIS_GROUPS];
} reshape_parameter;

/* The position in C order, among the elements of axes [first, first + n), of the index at `start`. */
static int64_t position_of(const ash_output *output, int64_t first, int64_t n, const int64_t start[]) {
    int64_t position = 0;
    for (int64_t a = first; a < first + n; a++) {
        position = position * output->dim[a].axis.extent + start[a];
    }
    return position;
}

/* The elements of a group that a box of the result has: ranges of one length. */
typedef struct ranges {
    int64_t count, length;
    int64_t axis; /* of the result: those before it tell ranges apart, those after it are whole */
} ranges;

static ranges box_ranges(const ash_output *output, const ash_axis_group *group, const ash_box *box) {
    ranges r = { .count = 1, .length = 1, .axis = group->to + group->nto - 1 };
    for (; r.axis > group->to && box->extent[r.axis] == output->dim[r.axis].axis.extent; r.axis--) {
        r.length *= box->extent[r.axis];
    }
    r.length *= group->nto > 0 ? box->extent[r.axis] : 1;
    for (int64_t a = group->to; a < r.axis; a++) {
        r.count *= box->extent[a];
    }
    return r;
}

/* Where the k-th of them begins. */
static int64_t range_begin(const ash_output *output, const ash_axis_group *group, const ash_box *box, const ranges *r, int64_t k) {
    int64_t start[ASH_MAX_NDIM];
    for (int64_t a = group->to + group->nto - 1; a >= group->to; a--) {
        start[a] = box->start[a];
        if (a < r->axis) {
            start[a] += k % box->extent[a];
            k /= box->extent[a];
        }
    }
    return position_of(output, group->to, group->nto, start);
}

/* Which of them an element is in, and its place there. */
static int64_t range_with(
    const ash_output *output, const ash_axis_group *group, const ash_box *box, const ranges *r, int64_t position, int64_t *place) {
    int64_t k = 0, rest = position, inner = 1;
    for (int64_t a = group->to; a < group->to + group->nto; a++) {
        inner *= output->dim[a].axis.extent;
    }
    for (int64_t a = group->to; a < r->axis; a++) {
        inner /= output->dim[a].axis.extent;
        k = k * box->extent[a] + rest / inner - box->start[a];
        rest %= inner;
    }
    *place = position - range_begin(output, group, box, r, k);
    return k;
}

/* Elements [begin, end) of a group are boxes of the input. Sets box number `wanted` if there are as many; returns their number. */
static int64_t range_boxes(const ash_output *input, const ash_axis_group *group, int64_t begin, int64_t end, int64_t wanted, ash_box *box) {
    int64_t inner[ASH_MAX_NDIM + 1], n = group->nfrom, boxes = 0; /* inner: elements of one index of each axis */
    const ash_dim *dim = &input->dim[group->from];
    inner[n] = 1;
    for (int64_t a = n - 1; a > 0; a--) {
        inner[a] = inner[a + 1] * dim[a].axis.extent;
    }
    for (; begin < end; boxes++) {
        int64_t a = 0; /* the outermost axis that has whole indices from here on */
        while (a < n - 1 && (begin % inner[a + 1] != 0 || end - begin < inner[a + 1])) {
            a++;
        }
        int64_t rest = begin, count = 1;
        for (int64_t k = 0; k < n; k++) {
            int64_t index = rest / inner[k + 1], extent = k < a ? 1 : dim[k].axis.extent;
            rest %= inner[k + 1];
            if (k == a) {
                int64_t left = (end - begin) / inner[k + 1];
                extent = left < extent - index ? left : extent - index;
                count = extent * inner[k + 1];
            }
            if (boxes == wanted) {
                box->start[group->from + k] = index;
                box->extent[group->from + k] = extent;
            }
        }
        begin += count;
    }
    return boxes;
}

/* The k-th box of a group for a box of the result, if there are as many; returns how many there are. */
static int64_t group_boxes(const ash_node *node, const ash_axis_group *group, const ash_box *box, int64_t k, ash_box *part) {
    const ash_output *output = &node->output[0], *input = ash_value_output(node->input[0]);
    ranges r = box_ranges(output, group, box);
    int64_t boxes = 0;
    for (int64_t n = 0; n < r.count; n++) {
        int64_t begin = range_begin(output, group, box, &r, n);
        boxes += range_boxes(input, group, begin, begin + r.length, k - boxes, part);
    }
    return boxes;
}

static int reshape_part(const ash_node *node, const ash_blocks_step *at, int k, ash_part *part) {
    const reshape_parameter *p = node->u.blocks.parameter;
    int64_t which = k;
    for (int a = 0; a < node->output[0].ndim; a++) {
        if (at->box[0].extent[a] == 0) {
            return 0;
        }
    }
    part->input = 0;
    for (int64_t g = p->groups - 1; g >= 0; g--) {
        int64_t boxes = group_boxes(node, &p->group[g], &at->box[0], -1, NULL);
        group_boxes(node, &p->group[g], &at->box[0], which % boxes, &part->box);
        which /= boxes;
    }
    return which == 0;
}

/* Copies every part to where its elements lie in the chunk: with each group's axes in C order, those of the input have strides there too. */
static ash_status reshape_run(const ash_blocks_call *call) {
    const reshape_parameter *p = call->node->u.blocks.parameter;
    const ash_output *output = &call->node->output[0], *input = ash_value_output(call->node->input[0]);
    int64_t size = ash_dtype_size(output->dtype), stride[ASH_MAX_NDIM] = { 0 }, unit[ASH_AXIS_GROUPS], bytes = size;
    ranges r[ASH_AXIS_GROUPS];
    for (int64_t g = p->groups - 1; g >= 0; g--) {
        int64_t inner = bytes;
        r[g] = box_ranges(output, &p->group[g], &call->box[0]);
        unit[g] = bytes;
        bytes *= r[g].count * r[g].length;
        for (int64_t a = p->group[g].from + p->group[g].nfrom - 1; a >= p->group[g].from; a--) {
            stride[a] = inner;
            inner *= input->dim[a].axis.extent;
        }
    }
    for (int n = 0; n < call->nblocks; n++) {
        const ash_block *block = &call->block[n];
        char *out = call->out[0];
        for (int64_t g = 0; g < p->groups; g++) {
            const ash_axis_group *group = &p->group[g];
            int64_t place, position = position_of(input, group->from, group->nfrom, block->part.box.start);
            int64_t range = range_with(output, group, &call->box[0], &r[g], position, &place);
            out += (range * r[g].length + place) * unit[g];
        }
        ash_copy_box(input->ndim, block->part.box.extent, size, out, stride, block->base, block->stride);
    }
    return ASH_OK;
}

/* ---- What boxes of the result take ---- */

enum {
    RANGES_PART = 64,       /* reading so few by themselves is no loss */
    RANGES_LOOKED_AT = 4096 /* one by one; of more only the first and the last */
};

/* Leaves so few ranges in a part of a chunk that reading each by itself is no loss: axes are made whole, the innermost first. */
static void reshape_widen(const ash_node *node, ash_need box[]) {
    const reshape_parameter *p = node->u.blocks.parameter;
    for (int64_t g = 0; g < p->groups; g++) {
        const ash_axis_group *group = &p->group[g];
        for (int64_t last = group->to + group->nto - 1; last > group->to; last--) {
            int64_t outer = 1;
            for (int64_t a = group->to; a < last; a++) {
                int64_t largest = ash_axis_largest(&node->output[0].dim[a].axis), extent = box[a].end - box[a].begin;
                outer *= largest < extent ? largest : extent;
            }
            int64_t extent = node->output[0].dim[last].axis.extent;
            int whole = box[last].begin == 0 && box[last].end == extent;
            if (!whole && outer <= RANGES_PART) {
                break;
            }
            box[last] = (ash_need){ 0, extent };
        }
    }
}

/* Adds what [begin, end) of a group takes: along the outermost axis on which its ends differ from one to the other, along those after it all. */
static void reach_range(const ash_output *input, const ash_axis_group *group, int64_t begin, int64_t end, int first, ash_need need[]) {
    int64_t inner = 1, low = begin, high = end - 1;
    int differ = 0;
    for (int64_t a = group->from; a < group->from + group->nfrom; a++) {
        inner *= input->dim[a].axis.extent;
    }
    for (int64_t a = group->from; a < group->from + group->nfrom; a++) {
        inner /= input->dim[a].axis.extent;
        ash_need along = { low / inner, high / inner + 1 };
        along = differ ? (ash_need){ 0, input->dim[a].axis.extent } : along;
        differ |= low / inner != high / inner;
        low %= inner;
        high %= inner;
        need[a].begin = first || along.begin < need[a].begin ? along.begin : need[a].begin;
        need[a].end = first || along.end > need[a].end ? along.end : need[a].end;
    }
}

static int reshape_reach(const ash_node *node, const ash_need box[], int input, ash_need need[]) {
    const reshape_parameter *p = node->u.blocks.parameter;
    const ash_output *output = &node->output[0], *from = ash_value_output(node->input[0]);
    ash_box all;
    (void)input;
    for (int a = 0; a < output->ndim; a++) {
        all.start[a] = box[a].begin;
        all.extent[a] = box[a].end - box[a].begin;
    }
    for (int64_t g = 0; g < p->groups; g++) {
        ranges r = box_ranges(output, &p->group[g], &all);
        int few = r.count <= RANGES_LOOKED_AT;
        int64_t last = range_begin(output, &p->group[g], &all, &r, r.count - 1) + r.length;
        for (int64_t k = 0; k < (few ? r.count : 1); k++) {
            int64_t begin = range_begin(output, &p->group[g], &all, &r, k);
            reach_range(from, &p->group[g], begin, few ? begin + r.length : last, k == 0, need);
        }
    }
    return 1;
}

/* Chunks of the result share chunks of the input, or each has its own. */
static const ash_blocks_kind sharing_kind = {
    .name = "reshape", .repeats = 1, .part = reshape_part, .reach = reshape_reach, .widen = reshape_widen, .run = reshape_run
};
static const ash_blocks_kind plain_kind = {
    .name = "reshape", .part = reshape_part, .reach = reshape_reach, .widen = reshape_widen, .run = reshape_run
};

/* ---- Building ---- */

/* Sets names and coordinates, once extents and grid are there. */
static void dress(ash_builder *builder, ash_value input, const ash_wanted_shape *wanted, const reshape_parameter *p) {
    ash_output *output = &builder->node->output[0];
    for (int64_t g = 0; g < p->groups; g++) {
        const ash_axis_group *group = &p->group[g];
        const ash_dim *kept = group->stays ? &ash_value_output(input)->dim[group->from] : NULL;
        for (int64_t a = group->to; a < group->to + group->nto; a++) {
            const char *name = wanted->name[a] ? wanted->name[a] : kept ? kept->name : NULL;
            output->dim[a].name = ash_arena_strdup(&builder->node->arena, name);
            output->dim[a].coord = kept ? ash_coord_retain(kept->coord) : NULL;
            if (name && !output->dim[a].name) {
                ash_builder_no_memory(builder);
                return;
            }
        }
    }
    for (int a = 0; a < output->ndim; a++) {
        for (int b = 0; b < a && output->dim[a].name; b++) {
            if (output->dim[b].name && strcmp(output->dim[a].name, output->dim[b].name) == 0) {
                ash_fail(&builder->error, ASH_ERR_DIMENSION, "%s: the result would have two dimensions '%s'", builder->function,
                    output->dim[a].name);
                return;
            }
        }
    }
}

/* Axes come and go, but none is merged or split. */
static void build_view(ash_builder *builder, ash_value input, const ash_wanted_shape *wanted, const reshape_parameter *p) {
    if (!ash_view_begin(builder, input, wanted->ndim)) {
        return;
    }
    for (int64_t g = 0; g < p->groups; g++) {
        const ash_axis_group *group = &p->group[g];
        ash_grid_axis *axis = &builder->node->output[0].dim[group->to].axis;
        if (group->stays) {
            builder->node->u.view.axis[group->from] = (ash_view_axis){ .axis = (int)group->to, .step = 1 };
            *axis = ash_value_output(input)->dim[group->from].axis;
        } else if (group->nto == 1) {
            *axis = ash_axis_regular(1, 1, 0);
        }
    }
    dress(builder, input, wanted, p);
}

static void build_blocks(ash_builder *builder, ash_value input, const ash_wanted_shape *wanted, const reshape_parameter *p) {
    const ash_output *source = ash_value_output(input);
    if (!ash_builder_node(builder, ASH_NODE_BLOCKS, 1, 1) || !ash_builder_output(builder, 0, source->dtype, wanted->ndim)) {
        return;
    }
    ash_node *node = builder->node;
    const void *parameter = ash_arena_memdup(&node->arena, p, sizeof *p);
    int shared = 0, fine = parameter != NULL;
    node->input[0] = input;
    for (int a = 0; a < wanted->ndim; a++) {
        node->output[0].dim[a].axis.extent = wanted->extent[a];
    }
    for (int64_t g = 0; g < p->groups && fine; g++) {
        const ash_axis_group *group = &p->group[g];
        if (group->stays) {
            node->output[0].dim[group->to].axis = source->dim[group->from].axis;
        } else {
            fine = ash_group_grid(group, source, &node->output[0], &node->arena, &shared);
        }
    }
    if (!fine) {
        ash_builder_no_memory(builder);
        return;
    }
    node->u.blocks =
        (ash_blocks_node){ .kind = shared ? &sharing_kind : &plain_kind, .parameter = parameter, .parameter_bytes = sizeof *p, .steps = 1 };
    dress(builder, input, wanted, p);
    ash_builder_inherit(builder, input, 1);
}

ash_array ash_reshaped(const char *function, ash_array a, const ash_wanted_shape *wanted) {
    ash_builder builder = ash_builder_begin(a.context, function);
    ash_value input;
    if (!ash_builder_value(&builder, a, "a", &input)) {
        return ash_builder_done(&builder);
    }
    const ash_output *source = ash_value_output(input);
    int64_t shape[ASH_MAX_NDIM];
    reshape_parameter p;
    memset(&p, 0, sizeof p); /* its bytes tell nodes apart */
    ash_output_shape(source, shape);
    p.groups = ash_axis_groups(source->ndim, shape, wanted->ndim, wanted->extent, p.group);
    int moves = 0;
    for (int64_t g = 0; g < p.groups; g++) {
        int one = p.group[g].nfrom + p.group[g].nto == 1 && ash_output_size(source) > 0; /* with one element */
        moves |= !p.group[g].stays && !one;
    }
    if (moves) {
        build_blocks(&builder, input, wanted, &p);
    } else {
        build_view(&builder, input, wanted, &p);
    }
    return ash_builder_done(&builder);
}

ash_array ash_ravelled(const char *function, ash_array a) {
    ash_builder builder = ash_builder_begin(a.context, function);
    ash_value input;
    if (!ash_builder_value(&builder, a, "a", &input)) {
        return ash_builder_done(&builder);
    }
    ash_wanted_shape wanted = { .ndim = 1, .extent = { ash_output_size(ash_value_output(input)) } };
    return ash_reshaped(function, a, &wanted);
}

int ash_wanted_instead(
    ash_builder *builder, const ash_output *a, int axis, int count, int ndim, const int64_t extent[], ash_wanted_shape *wanted) {
    *wanted = (ash_wanted_shape){ .ndim = a->ndim - count + ndim };
    if (wanted->ndim > ASH_MAX_NDIM) {
        ash_fail(&builder->error, ASH_ERR_SHAPE, "%s: the result would have %d dimensions, at most %d are possible", builder->function,
            wanted->ndim, ASH_MAX_NDIM);
        return 0;
    }
    for (int k = 0; k < wanted->ndim; k++) {
        int inside = k >= axis && k < axis + ndim, from = k < axis ? k : k - ndim + count;
        wanted->extent[k] = inside ? extent[k - axis] : a->dim[from].axis.extent;
        wanted->name[k] = inside ? NULL : a->dim[from].name;
    }
    return 1;
}

/* ---- The shape as text ---- */

typedef struct shape_reader {
    ash_builder *builder;
    const char *text;
    ash_wanted_shape *wanted;
    char *names;  /* "lat,,lon": as ash_parse_dim_names() reads it */
    int inferred; /* the axis whose extent is -1, if there is one */
} shape_reader;

static int read_extent(shape_reader *reader, ash_span part) {
    ash_span name = { 0 }, value = part;
    int64_t extent;
    int axis = reader->wanted->ndim;
    ash_span_named(part, &name, &value);
    ash_scan_result scan = ash_span_integer(value, &extent);
    ash_error_state *error = &reader->builder->error;
    if (axis == ASH_MAX_NDIM) {
        ash_fail(error, ASH_ERR_SHAPE, "reshape: more than %d dimensions in '%.200s'", ASH_MAX_NDIM, reader->text);
    } else if (scan == ASH_SCAN_OTHER) {
        ash_fail(error, ASH_ERR_ARGUMENT, "reshape: expected an extent, or name=extent, found '%.*s' in '%.200s'", ASH_SPAN_ARGS(part),
            reader->text);
    } else if (scan == ASH_SCAN_OVERFLOW || extent < -1) {
        ash_fail(error, ASH_ERR_SHAPE, "reshape: an extent must be 0 or more, or -1 for the one that follows from the others, found %.*s",
            ASH_SPAN_ARGS(value));
    } else if (extent == -1 && reader->inferred >= 0) {
        ash_fail(error, ASH_ERR_SHAPE, "reshape: more than one extent is -1 in '%.200s'", reader->text);
    } else {
        reader->inferred = extent == -1 ? axis : reader->inferred;
        reader->wanted->extent[axis] = extent;
        reader->wanted->ndim++;
        sprintf(reader->names + strlen(reader->names), "%s%.*s", axis > 0 ? "," : "", (int)name.length, name.text ? name.text : "");
    }
    return ash_builder_ok(reader->builder);
}

static void fail_size(shape_reader *reader, const ash_output *source) {
    char shape[400];
    int64_t extents[ASH_MAX_NDIM];
    ash_output_shape(source, extents);
    ash_format_shape(source->ndim, extents, shape, sizeof shape);
    ash_fail(&reader->builder->error, ASH_ERR_SHAPE, "reshape: a of shape %s has %lld elements, which do not fill the shape '%.200s'",
        shape, (long long)ash_output_size(source), reader->text);
}

/* The shape must have the array's number of elements; the extent that is -1 follows from it. */
static void check_size(shape_reader *reader, const ash_output *source) {
    ash_wanted_shape *wanted = reader->wanted;
    int64_t elements = 1, size = ash_output_size(source);
    int overflow = 0, none = 0;
    for (int k = 0; k < wanted->ndim; k++) {
        int64_t extent = k == reader->inferred ? 1 : wanted->extent[k];
        none |= extent == 0;
        overflow |= __builtin_mul_overflow(elements, extent > 0 ? extent : 1, &elements);
    }
    elements = none ? 0 : elements;
    int fits = reader->inferred < 0 ? elements == size : elements > 0 && size % elements == 0;
    if ((overflow && !none) || !fits) {
        fail_size(reader, source);
    } else if (reader->inferred >= 0) {
        wanted->extent[reader->inferred] = size / elements;
    }
}

static ash_array reshape_as(ash_builder *builder, ash_array a, const ash_output *source, const char *text, char *names, char *storage) {
    ash_wanted_shape wanted = { 0 };
    shape_reader reader = { .builder = builder, .text = text, .wanted = &wanted, .names = names, .inferred = -1 };
    ash_span rest = ash_span_of(text), part;
    int more = rest.length > 0;
    while (ash_span_split(&rest, ',', &part, &more)) {
        if (!read_extent(&reader, part)) {
            return ash_builder_done(builder);
        }
    }
    check_size(&reader, source);
    ash_dim_names dims = { 0 };
    if (!ash_builder_ok(builder) ||
        ash_parse_dim_names(names, wanted.ndim, "reshape", storage, (int64_t)strlen(names) + 1, &dims, &builder->error) != ASH_OK) {
        return ash_builder_done(builder);
    }
    memcpy(wanted.name, dims.name, sizeof wanted.name);
    return ash_reshaped("reshape", a, &wanted);
}

ash_array ash_reshape(ash_array a, const char *shape) {
    ash_builder builder = ash_builder_begin(a.context, "reshape");
    ash_value input;
    if (!ash_builder_value(&builder, a, "a", &input)) {
        return ash_builder_done(&builder);
    }
    if (!shape) {
        ash_fail(&builder.error, ASH_ERR_ARGUMENT, "reshape: the shape text is NULL");
        return ash_builder_done(&builder);
    }
    int64_t bytes = (int64_t)strlen(shape) + ASH_MAX_NDIM + 1;
    char *names = ash_calloc(2, bytes);
    if (!names) {
        ash_builder_no_memory(&builder);
        return ash_builder_done(&builder);
    }
    ash_array result = reshape_as(&builder, a, ash_value_output(input), shape, names, names + bytes);
    ash_free(names);
    return result;
}

ash_array ash_ravel(ash_array a) {
    return ash_ravelled("ravel", a);
}
