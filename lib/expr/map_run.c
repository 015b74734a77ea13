/* What the plan asks of functions over chunks, and a call of one. */
#include "array/context.h"
#include "expr/call.h"
#include "expr/map.h"

#include <string.h>

/* A chunk of the grid, with its halo cut off where the array ends and no boundary says what comes then. */
typedef struct map_chunk {
    int64_t coordinate[ASH_MAX_NDIM];
    ash_box box;
    int64_t before[ASH_MAX_NDIM], after[ASH_MAX_NDIM];
} map_chunk;

static map_chunk find_chunk(const ash_node *node, int64_t chunk) {
    const ash_map_parameter *p = node->u.blocks.parameter;
    const ash_map_grid *grid = node->u.blocks.derived;
    map_chunk c;
    ash_grid_coordinates((int)p->ndim, grid->axis, chunk, c.coordinate);
    ash_grid_box((int)p->ndim, grid->axis, chunk, &c.box);
    for (int64_t g = 0; g < p->ndim; g++) {
        int64_t room[2] = { c.box.start[g], grid->axis[g].extent - c.box.start[g] - c.box.extent[g] };
        int open = p->halo[g].boundary == ASH_BOUNDARY_NONE;
        c.before[g] = open && p->halo[g].before > room[0] ? room[0] : p->halo[g].before;
        c.after[g] = open && p->halo[g].after > room[1] ? room[1] : p->halo[g].after;
    }
    return c;
}

/* What a chunk sees of an input. Returns whether it has elements. */
static int find_window(const ash_node *node, int input, const map_chunk *c, ash_window *window) {
    const ash_map_parameter *p = node->u.blocks.parameter;
    const ash_map_input *in = &p->input[input];
    const ash_output *output = ash_value_output(node->input[input]);
    int any = 1;
    window->ndim = output->ndim;
    window->axis = in->window;
    window->dim = output->dim;
    for (int k = 0; k < output->ndim; k++) {
        int64_t g = in->axis[k];
        window->begin[k] = g < 0 ? 0 : c->box.start[g] - c->before[g];
        window->end[k] = g < 0 ? output->dim[k].axis.extent : c->box.start[g] + c->box.extent[g] + c->after[g];
        any &= window->begin[k] < window->end[k];
    }
    return any;
}

/* Whether any output has elements in the chunk: else there is nothing to be made. */
static int has_elements(const ash_node *node, int64_t chunk) {
    for (int k = 0; k < node->noutputs; k++) {
        ash_box box;
        int any = 1;
        ash_output_box(&node->output[k], chunk, &box);
        for (int a = 0; a < node->output[k].ndim; a++) {
            any &= box.extent[a] > 0;
        }
        if (any) {
            return 1;
        }
    }
    return 0;
}

/* The parts of an input's window: boxes of its chunks if it is put together here, else one. */
static int64_t count_parts(const ash_map_input *in, const ash_window *window) {
    return in->filled ? ash_window_parts(window) : 1;
}

static int map_part(const ash_node *node, const ash_blocks_step *at, int k, ash_part *part) {
    const ash_map_parameter *p = node->u.blocks.parameter;
    map_chunk c = find_chunk(node, at->chunk);
    ash_window window;
    int64_t left = k;
    for (int i = 0; i < node->ninputs && has_elements(node, at->chunk); i++) {
        int64_t parts = find_window(node, i, &c, &window) ? count_parts(&p->input[i], &window) : 0;
        if (left >= parts) {
            left -= parts;
            continue;
        }
        part->input = i;
        for (int a = 0; a < window.ndim; a++) {
            part->box.start[a] = window.begin[a];
            part->box.extent[a] = window.end[a] - window.begin[a];
        }
        return p->input[i].filled ? ash_window_part(&window, left, &part->box) : 1;
    }
    return 0;
}

/* ---- Scratch ---- */

/* Bytes of the largest window of an input that is put together. */
static int64_t window_bytes(const ash_node *node, int input) {
    const ash_map_parameter *p = node->u.blocks.parameter;
    const ash_map_grid *grid = node->u.blocks.derived;
    const ash_output *output = ash_value_output(node->input[input]);
    int64_t bytes = ash_dtype_size(output->dtype);
    for (int k = 0; k < output->ndim; k++) {
        int64_t g = p->input[input].axis[k], extent = 1;
        if (g >= 0) {
            int64_t whole = grid->axis[g].extent, wide = ash_axis_largest(&grid->axis[g]) + p->halo[g].before + p->halo[g].after;
            extent = p->halo[g].boundary == ASH_BOUNDARY_NONE && wide > whole ? whole : wide;
        }
        if (__builtin_mul_overflow(bytes, extent, &bytes)) {
            return INT64_MAX;
        }
    }
    return bytes;
}

int64_t ash_map_window_bytes(const ash_node *node) {
    const ash_map_parameter *p = node->u.blocks.parameter;
    int64_t bytes = 0;
    for (int i = 0; i < node->ninputs; i++) {
        bytes += p->input[i].filled ? ash_call_round(window_bytes(node, i)) : 0;
    }
    return bytes;
}

static int64_t map_scratch(const ash_node *node, const ash_blocks_step *at) {
    (void)at;
    return ash_call_bytes(node, ash_map_window_bytes(node));
}

/* ---- A call ---- */

/* Where the elements of an input's window are: strides per axis of the input. */
typedef struct place {
    const char *base;
    int64_t stride[ASH_MAX_NDIM];
} place;

/* Whether the parts lie in memory as they do in the array, side by side. */
static int lie_together(const ash_window *window, int64_t parts, const ash_block block[]) {
    for (int64_t k = 1; k < parts; k++) {
        const char *expected = block[0].base;
        for (int a = 0; a < window->ndim; a++) {
            expected += (block[k].part.box.start[a] - block[0].part.box.start[a]) * block[0].stride[a];
            if (block[k].stride[a] != block[0].stride[a]) {
                return 0;
            }
        }
        if (block[k].base != expected) {
            return 0;
        }
    }
    return parts > 0;
}

/* Whether the window can be shown as its parts lie: they are all of it, together, and in order if the function wants that. */
static int can_show(const ash_node *node, const ash_window *window, int64_t parts, const ash_block block[], const int64_t dense[]) {
    for (int k = 0; k < window->ndim; k++) {
        int64_t extent = window->end[k] - window->begin[k];
        if (window->begin[k] < 0 || window->end[k] > window->dim[k].axis.extent) {
            return 0;
        }
        if (!node->u.blocks.function->function.strided && extent > 1 && (parts == 0 || block->stride[k] != dense[k])) {
            return 0;
        }
    }
    return lie_together(window, parts, block);
}

/* Finds the window among the parts, from the first of the input on; puts it together if need be. */
static place find_place(
    const ash_user_call *user, int input, const ash_window *window, int64_t parts, const ash_block *block, char *scratch) {
    const ash_node *node = user->call->node;
    const ash_map_parameter *p = node->u.blocks.parameter;
    int64_t size = ash_dtype_size(ash_value_output(node->input[input])->dtype);
    int64_t extent[ASH_MAX_NDIM];
    place at;
    for (int k = 0; k < window->ndim; k++) {
        extent[k] = window->end[k] - window->begin[k];
    }
    ash_dense_strides(window->ndim, extent, size, at.stride);
    if (!p->input[input].filled || can_show(node, window, parts, block, at.stride)) {
        at.base = block->base;
        if (node->u.blocks.function->function.strided) {
            memcpy(at.stride, block->stride, (size_t)window->ndim * sizeof at.stride[0]);
        }
        return at;
    }
    ash_window_fill(window, size, block, scratch);
    at.base = scratch;
    return at;
}

/* Describes an input as the function sees it: along the axes of the grid. */
static void describe_input(const ash_user_call *user, int input, const map_chunk *c, const place *at) {
    const ash_node *node = user->call->node;
    const ash_map_parameter *p = node->u.blocks.parameter;
    const ash_map_grid *grid = node->u.blocks.derived;
    const ash_output *output = ash_value_output(node->input[input]);
    ash_call_block *to = &user->input[input];
    const char *data = at->base;
    to->block.dtype = output->dtype;
    to->block.ndim = (int32_t)p->ndim;
    for (int k = 0; k < output->ndim; k++) {
        int64_t g = p->input[input].axis[k];
        if (g >= 0) {
            to->stride[g] = at->stride[k];
            data += data ? c->before[g] * at->stride[k] : 0;
        }
    }
    for (int64_t g = 0; g < p->ndim; g++) {
        to->extent[g] = c->box.extent[g];
        to->before[g] = c->before[g];
        to->after[g] = c->after[g];
        to->start[g] = c->box.start[g];
        to->shape[g] = grid->axis[g].extent;
    }
    to->block.data = (void *)(uintptr_t)data;
}

/* Outputs with a halo are described from their chunk on, as inputs are. */
static void describe_output(const ash_user_call *user, int k, const map_chunk *c) {
    const ash_map_parameter *p = user->call->node->u.blocks.parameter;
    ash_call_block *to = &user->output[k];
    ash_call_output(user, k);
    for (int a = 0; p->keep_halo && a < to->block.ndim; a++) {
        int64_t g = p->output_axis[k][a];
        if (g >= 0) {
            to->before[a] = c->before[g];
            to->after[a] = c->after[g];
            to->extent[a] -= c->before[g] + c->after[g];
            to->start[a] += c->before[g];
            to->block.data = (char *)to->block.data + c->before[g] * to->stride[a];
        }
    }
}

static ash_status map_run(const ash_blocks_call *call) {
    const ash_node *node = call->node;
    const ash_map_parameter *p = node->u.blocks.parameter;
    if (!has_elements(node, call->chunk)) {
        return ASH_OK;
    }
    map_chunk c = find_chunk(node, call->chunk);
    ash_user_call user = ash_call_begin(call);
    const ash_block *block = call->block;
    char *scratch = user.rest;
    for (int i = 0; i < node->ninputs; i++) {
        ash_window window;
        place at = { 0 };
        if (find_window(node, i, &c, &window)) {
            int64_t parts = count_parts(&p->input[i], &window);
            at = find_place(&user, i, &window, parts, block, scratch);
            block += parts;
            scratch += p->input[i].filled ? ash_call_round(window_bytes(node, i)) : 0;
        }
        describe_input(&user, i, &c, &at);
    }
    for (int k = 0; k < node->noutputs; k++) {
        describe_output(&user, k, &c);
    }
    return ash_call_run(&user, (int)p->ndim, c.coordinate, &c.box, p->argument, p->argument_bytes);
}

const ash_blocks_kind ash_map_kind = { .name = "map_blocks", .part = map_part, .scratch_bytes = map_scratch, .run = map_run };
