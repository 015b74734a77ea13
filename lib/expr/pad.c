/* Arrays with more at their ends or around their chunks: padding, halos as chunks of their own, and back. Each chunk of the result is a window of the input. */
#include "base/dtype.h"
#include "base/options.h"
#include "expr/boundary.h"

#include <ashlar/map.h>
#include <ashlar/shape.h>

#include <string.h>

typedef struct pad_parameter {
    ash_window_axis axis[ASH_MAX_NDIM];
} pad_parameter;

/* ---- What the plan asks ---- */

/* Along an axis, the positions of the input that chunk number `chunk` shows. */
typedef void window_range(const ash_window_axis *axis, const ash_grid_axis *in, const ash_grid_axis *out, int64_t chunk, int64_t range[2]);

static void padded_range(const ash_window_axis *axis, const ash_grid_axis *in, const ash_grid_axis *out, int64_t chunk, int64_t range[2]) {
    (void)in;
    range[0] = ash_axis_start(out, chunk) - axis->before;
    range[1] = ash_axis_start(out, chunk + 1) - axis->before;
}

/* How far chunk number `chunk` is extended on each side: nowhere is anything beyond an end without a boundary. */
static void halo_of(const ash_window_axis *axis, const ash_grid_axis *grid, int64_t chunk, int64_t halo[2]) {
    int64_t room[2] = { ash_axis_start(grid, chunk), grid->extent - ash_axis_start(grid, chunk + 1) };
    int open = axis->boundary == ASH_BOUNDARY_NONE;
    halo[0] = open && axis->before > room[0] ? room[0] : axis->before;
    halo[1] = open && axis->after > room[1] ? room[1] : axis->after;
}

static void extended_range(
    const ash_window_axis *axis, const ash_grid_axis *in, const ash_grid_axis *out, int64_t chunk, int64_t range[2]) {
    int64_t halo[2];
    (void)out;
    halo_of(axis, in, chunk, halo);
    range[0] = ash_axis_start(in, chunk) - halo[0];
    range[1] = ash_axis_start(in, chunk + 1) + halo[1];
}

/* What a chunk of an extended array has that is not halo: without a boundary, its ends have none. */
static void trimmed_range(const ash_window_axis *axis, const ash_grid_axis *in, const ash_grid_axis *out, int64_t chunk, int64_t range[2]) {
    int open = axis->boundary == ASH_BOUNDARY_NONE;
    (void)out;
    range[0] = ash_axis_start(in, chunk) + (open && chunk == 0 ? 0 : axis->before);
    range[1] = ash_axis_start(in, chunk + 1) - (open && chunk == in->count - 1 ? 0 : axis->after);
}

/* The window that a box of a chunk shows. */
static ash_window window_of(const ash_node *node, int64_t chunk, const ash_box *box, window_range *range) {
    const pad_parameter *p = node->u.blocks.parameter;
    const ash_output *input = ash_value_output(node->input[0]), *output = &node->output[0];
    ash_window window = { .ndim = output->ndim, .axis = p->axis, .dim = input->dim };
    for (int a = output->ndim - 1; a >= 0; a--) {
        const ash_grid_axis *axis = &output->dim[a].axis;
        int64_t ends[2], coordinate = chunk % axis->count;
        range(&p->axis[a], &input->dim[a].axis, axis, coordinate, ends);
        window.begin[a] = ends[0] + box->start[a] - ash_axis_start(axis, coordinate);
        window.end[a] = window.begin[a] + box->extent[a];
        chunk /= axis->count;
    }
    return window;
}

static int window_part(const ash_node *node, const ash_blocks_step *at, int k, ash_part *part, window_range *range) {
    ash_window window = window_of(node, at->chunk, &at->box[0], range);
    for (int a = 0; a < window.ndim; a++) {
        if (window.begin[a] >= window.end[a]) {
            return 0;
        }
    }
    part->input = 0;
    return ash_window_part(&window, k, &part->box);
}

/* The window around those of all chunks that a box meets. Those next to the outermost may reach further than what is needed of these. */
static int window_reach(const ash_node *node, const ash_need box[], ash_need need[], window_range *range) {
    const pad_parameter *p = node->u.blocks.parameter;
    const ash_output *input = ash_value_output(node->input[0]), *output = &node->output[0];
    ash_window window = { .ndim = output->ndim, .axis = p->axis, .dim = input->dim };
    for (int a = 0; a < output->ndim; a++) {
        const ash_grid_axis *axis = &output->dim[a].axis;
        int64_t first = ash_axis_find(axis, box[a].begin), last = ash_axis_find(axis, box[a].end - 1);
        window.begin[a] = INT64_MAX;
        window.end[a] = INT64_MIN;
        for (int64_t c = first; c <= last; c += c == first + 1 && last - 1 > c ? last - 1 - c : 1) {
            int64_t start = ash_axis_start(axis, c), end = ash_axis_start(axis, c + 1), ends[2];
            range(&p->axis[a], &input->dim[a].axis, axis, c, ends);
            int64_t begin = ends[0] + (box[a].begin > start ? box[a].begin - start : 0);
            end = ends[0] + (box[a].end < end ? box[a].end : end) - start;
            window.begin[a] = begin < window.begin[a] ? begin : window.begin[a];
            window.end[a] = end > window.end[a] ? end : window.end[a];
        }
    }
    return ash_window_reach(&window, need);
}

static ash_status window_run(const ash_blocks_call *call, window_range *range) {
    ash_window window = window_of(call->node, call->chunk, &call->box[0], range);
    ash_window_fill(&window, ash_dtype_size(call->node->output[0].dtype), call->block, call->out[0]);
    return ASH_OK;
}

static int padded_part(const ash_node *node, const ash_blocks_step *at, int k, ash_part *part) {
    return window_part(node, at, k, part, padded_range);
}

static int padded_reach(const ash_node *node, const ash_need box[], int input, ash_need need[]) {
    (void)input;
    return window_reach(node, box, need, padded_range);
}

static ash_status padded_run(const ash_blocks_call *call) {
    return window_run(call, padded_range);
}

static int extended_part(const ash_node *node, const ash_blocks_step *at, int k, ash_part *part) {
    return window_part(node, at, k, part, extended_range);
}

static int extended_reach(const ash_node *node, const ash_need box[], int input, ash_need need[]) {
    (void)input;
    return window_reach(node, box, need, extended_range);
}

static ash_status extended_run(const ash_blocks_call *call) {
    return window_run(call, extended_range);
}

static int trimmed_part(const ash_node *node, const ash_blocks_step *at, int k, ash_part *part) {
    return window_part(node, at, k, part, trimmed_range);
}

static int trimmed_reach(const ash_node *node, const ash_need box[], int input, ash_need need[]) {
    (void)input;
    return window_reach(node, box, need, trimmed_range);
}

static ash_status trimmed_run(const ash_blocks_call *call) {
    return window_run(call, trimmed_range);
}

static const ash_blocks_kind padded_kind = { .name = "pad", .repeats = 1, .part = padded_part, .reach = padded_reach, .run = padded_run };
static const ash_blocks_kind extended_kind = {
    .name = "overlap", .repeats = 1, .part = extended_part, .reach = extended_reach, .run = extended_run
};
static const ash_blocks_kind trimmed_kind = { .name = "trim_overlap", .part = trimmed_part, .reach = trimmed_reach, .run = trimmed_run };

/* ---- Building ---- */

/* The cuts of an axis of the result, count + 1 of them, into `bounds`, or, if that is NULL, only their number; chunks of padding have `step` elements. */
typedef int64_t cut_axis(const ash_window_axis *axis, const ash_grid_axis *in, int64_t step, int64_t bounds[]);

static void put(int64_t bounds[], int64_t *n, int64_t value) {
    if (bounds) {
        bounds[*n] = value;
    }
    ++*n;
}

/* Little padding joins the chunk at its end; more is chunks of its own. */
static int joins(int64_t width, int64_t chunk, int64_t step) {
    return width <= chunk / 4 || width <= step - chunk;
}

static int64_t cut_padded(const ash_window_axis *axis, const ash_grid_axis *in, int64_t step, int64_t bounds[]) {
    int64_t n = 0, extent = axis->before + in->extent + axis->after, first = ash_axis_extent(in, 0);
    int joins_first = in->extent > 0 && joins(axis->before, first, step);
    int joins_last = in->extent > 0 && joins(axis->after, ash_axis_extent(in, in->count - 1), step);
    for (int64_t at = 0; !joins_first && at < axis->before; at += step) {
        put(bounds, &n, at);
    }
    for (int64_t c = 0; c < in->count && in->extent > 0; c++) {
        put(bounds, &n, c == 0 && joins_first ? 0 : axis->before + ash_axis_start(in, c));
    }
    for (int64_t at = axis->before + in->extent; !joins_last && at < extent; at += step) {
        put(bounds, &n, at);
    }
    put(bounds, &n, extent);
    return n - 1;
}

static int64_t cut_by_range(const ash_window_axis *axis, const ash_grid_axis *in, int64_t bounds[], window_range *range) {
    int64_t n = 0, at = 0, ends[2];
    for (int64_t c = 0; c < in->count; c++) {
        range(axis, in, NULL, c, ends);
        put(bounds, &n, at);
        at += ends[1] > ends[0] ? ends[1] - ends[0] : 0;
    }
    put(bounds, &n, at);
    return n - 1;
}

static int64_t cut_extended(const ash_window_axis *axis, const ash_grid_axis *in, int64_t step, int64_t bounds[]) {
    (void)step;
    return cut_by_range(axis, in, bounds, extended_range);
}

static int64_t cut_trimmed(const ash_window_axis *axis, const ash_grid_axis *in, int64_t step, int64_t bounds[]) {
    (void)step;
    return cut_by_range(axis, in, bounds, trimmed_range);
}

enum { MOST_CHUNKS = 1 << 24 };

/* Elements of a chunk of padding along an axis: as many as the array's chunks have, or more where these are small. */
static int64_t padding_step(const ash_output *source, int axis) {
    int64_t row = ash_dtype_size(source->dtype), largest = ash_axis_largest(&source->dim[axis].axis);
    for (int a = 0; a < source->ndim; a++) {
        int64_t extent = a == axis ? 1 : ash_axis_largest(&source->dim[a].axis);
        row = extent > 0 && row < ASH_CHUNK_BYTES ? row * (extent < ASH_CHUNK_BYTES ? extent : ASH_CHUNK_BYTES) : row;
    }
    int64_t step = ASH_CHUNK_BYTES / row > 0 ? ASH_CHUNK_BYTES / row : 1;
    return step > largest ? step : largest;
}

/* Cuts that need no list, for axes of very many chunks: padding is cut as the array is; halos of the same extents leave chunks of the same extents. */
static int cut_regularly(const ash_window_axis *axis, const ash_grid_axis *in, cut_axis *cut, ash_grid_axis *out) {
    int64_t halo = axis->before + axis->after, extent = in->extent + (cut == cut_padded ? halo : halo * in->count);
    if (in->bounds || halo > in->step) {
        return 0;
    }
    if (cut == cut_padded) {
        int64_t offset = (in->offset - axis->before) % in->step;
        *out = ash_axis_regular(extent, in->step, offset < 0 ? offset + in->step : offset);
        return 1;
    }
    *out = ash_axis_regular(extent, in->step + halo, 0);
    return cut == cut_extended && axis->boundary != ASH_BOUNDARY_NONE && in->offset == 0;
}

static int build_axis(ash_builder *builder, const ash_window_axis *axis, const ash_output *source, int a, cut_axis *cut) {
    const ash_dim *from = &source->dim[a];
    ash_dim *to = &builder->node->output[0].dim[a];
    if (axis->before == 0 && axis->after == 0) {
        to->axis = from->axis;
        return ash_node_copy_dim(builder->node, to, from) ? 1 : ash_builder_no_memory(builder);
    }
    to->name = ash_arena_strdup(&builder->node->arena, from->name);
    if (from->name && !to->name) {
        return ash_builder_no_memory(builder);
    }
    int64_t step = padding_step(source, a), more = cut == cut_padded ? (axis->before + axis->after) / step : 0;
    if (from->axis.count + more > MOST_CHUNKS && cut_regularly(axis, &from->axis, cut, &to->axis)) {
        return 1;
    }
    if (from->axis.count + more > MOST_CHUNKS) {
        ash_fail(&builder->error, ASH_ERR_SHAPE, "%s: the result would have more than 2^24 chunks along axis %d", builder->function, a);
        return 0;
    }
    int64_t count = cut(axis, &from->axis, step, NULL);
    int64_t *bounds = ash_arena_alloc(&builder->node->arena, (count + 1) * (int64_t)sizeof *bounds);
    if (!bounds) {
        return ash_builder_no_memory(builder);
    }
    cut(axis, &from->axis, step, bounds);
    to->axis = count > 0 && bounds[count] > 0 ? ash_axis_listed(count, bounds) : ash_axis_regular(0, 1, 0);
    return 1;
}

static void build(ash_builder *builder, ash_value input, const pad_parameter *axes, const ash_blocks_kind *kind, cut_axis *cut) {
    const ash_output *source = ash_value_output(input);
    if (!ash_builder_node(builder, ASH_NODE_BLOCKS, 1, 1) || !ash_builder_output(builder, 0, source->dtype, source->ndim)) {
        return;
    }
    ash_node *node = builder->node;
    node->input[0] = input;
    node->u.blocks = (ash_blocks_node){
        .kind = kind, .parameter = ash_arena_memdup(&node->arena, axes, sizeof *axes), .parameter_bytes = sizeof *axes, .steps = 1
    };
    if (!node->u.blocks.parameter) {
        ash_builder_no_memory(builder);
    }
    for (int a = 0; a < source->ndim && ash_builder_ok(builder); a++) {
        build_axis(builder, &axes->axis[a], source, a, cut);
    }
    if (ash_builder_ok(builder)) {
        ash_builder_inherit(builder, input, 1);
    }
}

/* ---- Padding ---- */

static const ash_boundary_name modes[] = { { "constant", ASH_BOUNDARY_CONSTANT }, { "edge", ASH_BOUNDARY_NEAREST },
    { "reflect", ASH_BOUNDARY_REFLECT }, { "symmetric", ASH_BOUNDARY_SYMMETRIC }, { "wrap", ASH_BOUNDARY_PERIODIC }, { NULL, 0 } };

/* The element for constants: a scalar of the caller's in the array's dtype, or 0. */
static int fill_element(ash_builder *builder, ash_array value, ash_dtype dtype, unsigned char element[16]) {
    memset(element, 0, 16);
    if (!value.context) {
        return 1;
    }
    ash_value scalar;
    if (!ash_builder_value(builder, value, "value", &scalar)) {
        return 0;
    }
    const ash_output *output = ash_value_output(scalar);
    if (scalar.node->kind != ASH_NODE_CONSTANT || output->ndim != 0) {
        ash_fail(
            &builder->error, ASH_ERR_ARGUMENT, "pad: value must be a scalar made by ash_real(), ash_int(), ash_bool() or ash_complex()");
        return 0;
    }
    ash_number number = ash_number_load(output->dtype, scalar.node->u.constant.element);
    char to = ash_dtype_kind(dtype), from = ash_dtype_kind(output->dtype);
    if (from == 'c' && to != 'c') {
        ash_fail(&builder->error, ASH_ERR_DTYPE, "pad: a complex value for %s", ash_dtype_name(dtype));
    } else if (from == 'i' && (to == 'i' || to == 'u') && !ash_integer_fits(dtype, number.i)) {
        ash_fail(&builder->error, ASH_ERR_ARGUMENT, "pad: the integer %lld does not fit %s", (long long)number.i, ash_dtype_name(dtype));
    } else {
        ash_number_store(dtype, element, output->dtype, number);
    }
    return ash_builder_ok(builder);
}

ash_array ash_pad_with(ash_array a, const char *width, const char *mode, const ash_pad_options *options) {
    ash_builder builder = ash_builder_begin(a.context, "pad");
    ash_value input;
    ash_pad_options o;
    ash_options_copy(&o, sizeof o, options, sizeof o);
    if (!ash_builder_value(&builder, a, "a", &input)) {
        return ash_builder_done(&builder);
    }
    const ash_output *source = ash_value_output(input);
    ash_dim_names names = ash_output_dim_names(source);
    ash_boundaries given = { 0 };
    pad_parameter axes = { 0 };
    unsigned char element[16];
    int fine = ash_parse_widths(&builder, "width", width, &names, &given) &&
        ash_parse_boundaries(&builder, "mode", mode, modes, 0, &names, &given) && fill_element(&builder, o.value, source->dtype, element);
    for (int k = 0; fine && k < source->ndim; k++) {
        fine = ash_boundary_axis(&builder, &given, k, source->dtype, &axes.axis[k]) &&
            ash_boundary_check(&builder, &axes.axis[k], source->dim[k].axis.extent, k);
        if (axes.axis[k].boundary == ASH_BOUNDARY_CONSTANT) {
            memcpy(axes.axis[k].fill, element, sizeof element);
        }
    }
    if (fine) {
        build(&builder, input, &axes, &padded_kind, cut_padded);
    }
    return ash_builder_done(&builder);
}

ash_array ash_pad(ash_array a, const char *width, const char *mode) {
    return ash_pad_with(a, width, mode, NULL);
}

/* ---- Halos ---- */

const ash_boundary_name ash_halo_boundaries[] = { { "none", ASH_BOUNDARY_NONE }, { "reflect", ASH_BOUNDARY_SYMMETRIC },
    { "mirror", ASH_BOUNDARY_REFLECT }, { "periodic", ASH_BOUNDARY_PERIODIC }, { "nearest", ASH_BOUNDARY_NEAREST }, { NULL, 0 } };

static int parse_halo(ash_builder *builder, const ash_output *source, const char *depth, const char *boundary, pad_parameter *axes) {
    ash_dim_names names = ash_output_dim_names(source);
    ash_boundaries given = { 0 };
    int fine = ash_parse_widths(builder, "depth", depth, &names, &given) &&
        ash_parse_boundaries(builder, "boundary", boundary, ash_halo_boundaries, 1, &names, &given);
    for (int k = 0; fine && k < source->ndim; k++) {
        fine = ash_boundary_axis(builder, &given, k, source->dtype, &axes->axis[k]) &&
            ash_boundary_check(builder, &axes->axis[k], source->dim[k].axis.extent, k);
    }
    return fine;
}

/* A sum of extents must be addressable before it is made. */
static int check_growth(ash_builder *builder, const ash_output *source, const pad_parameter *axes) {
    for (int k = 0; k < source->ndim && ash_builder_ok(builder); k++) {
        int64_t grown, width = axes->axis[k].before + axes->axis[k].after;
        if (__builtin_mul_overflow(width, source->dim[k].axis.count, &grown) ||
            __builtin_add_overflow(grown, source->dim[k].axis.extent, &grown)) {
            ash_fail(&builder->error, ASH_ERR_SHAPE, "%s: the result would have more elements than can be addressed", builder->function);
        }
    }
    return ash_builder_ok(builder);
}

ash_array ash_overlap(ash_array a, const char *depth, const char *boundary) {
    ash_builder builder = ash_builder_begin(a.context, "overlap");
    ash_value input;
    pad_parameter axes = { 0 };
    if (ash_builder_value(&builder, a, "a", &input) && parse_halo(&builder, ash_value_output(input), depth, boundary, &axes) &&
        check_growth(&builder, ash_value_output(input), &axes)) {
        build(&builder, input, &axes, &extended_kind, cut_extended);
    }
    return ash_builder_done(&builder);
}

ash_array ash_trim_overlap(ash_array a, const char *depth, const char *boundary) {
    ash_builder builder = ash_builder_begin(a.context, "trim_overlap");
    ash_value input;
    pad_parameter axes = { 0 };
    if (!ash_builder_value(&builder, a, "a", &input) || !parse_halo(&builder, ash_value_output(input), depth, boundary, &axes)) {
        return ash_builder_done(&builder);
    }
    const ash_output *source = ash_value_output(input);
    for (int k = 0; k < source->ndim && ash_builder_ok(&builder); k++) {
        const ash_grid_axis *axis = &source->dim[k].axis;
        for (int64_t c = 0; c < axis->count && c < MOST_CHUNKS && axes.axis[k].before + axes.axis[k].after > 0; c++) {
            int64_t ends[2];
            trimmed_range(&axes.axis[k], axis, NULL, c, ends);
            if (ends[1] < ends[0] || (ends[1] == ends[0] && axis->count > 1)) {
                ash_fail(&builder.error, ASH_ERR_SHAPE, "trim_overlap: chunk %lld along axis %d has %lld elements, no more than its halo",
                    (long long)c, k, (long long)ash_axis_extent(axis, c));
                break;
            }
        }
    }
    if (ash_builder_ok(&builder)) {
        build(&builder, input, &axes, &trimmed_kind, cut_trimmed);
    }
    return ash_builder_done(&builder);
}
