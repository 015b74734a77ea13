#include "expr/fingerprint.h"

#include <math.h>
#include <string.h>

/* ---- Bytes ---- */

/* Multiplications by odd constants and rotations, one word at a time, with a constant for each half. */
static void add_word(ash_fingerprint *print, uint64_t word) {
    static const uint64_t factor[2] = { 0x9e3779b97f4a7c15u, 0xc2b2ae3d27d4eb4fu };
    for (int h = 0; h < 2; h++) {
        uint64_t x = (print->half[h] ^ word) * factor[h];
        print->half[h] = (x ^ x >> 32) * factor[!h] + (uint64_t)h;
    }
}

void ash_fingerprint_bytes(ash_fingerprint *print, const void *data, int64_t bytes) {
    const char *in = data;
    add_word(print, (uint64_t)bytes);
    for (; bytes > 0; bytes -= 8, in += 8) {
        uint64_t word = 0;
        memcpy(&word, in, bytes < 8 ? (size_t)bytes : 8);
        add_word(print, word);
    }
}

void ash_fingerprint_int(ash_fingerprint *print, int64_t number) {
    add_word(print, (uint64_t)number);
}

void ash_fingerprint_text(ash_fingerprint *print, const char *text) {
    ash_fingerprint_int(print, text != NULL);
    ash_fingerprint_bytes(print, text, text ? (int64_t)strlen(text) : 0);
}

static void add_real(ash_fingerprint *print, double number) {
    ash_fingerprint_bytes(print, &number, sizeof number);
}

static void add_ints(ash_fingerprint *print, const int64_t list[], int64_t n) {
    ash_fingerprint_bytes(print, list, list ? n * (int64_t)sizeof *list : 0);
}

/* ---- Nodes ---- */

/* The elements in C order, wherever they lie. */
static void add_memory(ash_fingerprint *print, const ash_node *node) {
    const ash_output *output = &node->output[0];
    int64_t index[ASH_MAX_NDIM] = { 0 }, size = ash_dtype_size(output->dtype), elements = ash_output_size(output);
    int last = output->ndim - 1, dense = last < 0 || node->u.memory.stride[last] == size;
    int64_t run = last < 0 || !dense ? 1 : output->dim[last].axis.extent;
    for (int64_t done = 0; done < elements; done += run) {
        const char *at = node->u.memory.data;
        for (int a = 0; a <= last; a++) {
            at += index[a] * node->u.memory.stride[a];
        }
        ash_fingerprint_bytes(print, at, run * size);
        for (int a = dense ? last - 1 : last; a >= 0 && ++index[a] == output->dim[a].axis.extent; a--) {
            index[a] = 0;
        }
    }
}

static void add_unpack(ash_fingerprint *print, const ash_unpack *unpack) {
    ash_fingerprint_bytes(print, unpack->missing, unpack->missing_count * (int64_t)sizeof *unpack->missing);
    ash_fingerprint_int(print, unpack->has_scale + 2 * unpack->has_offset);
    add_real(print, unpack->has_scale ? unpack->scale : 1);
    add_real(print, unpack->has_offset ? unpack->offset : 0);
    if (unpack->has_range) {
        ash_fingerprint_int(print, unpack->range_of_result);
        ash_fingerprint_bytes(print, (ash_number[]){ unpack->low, unpack->high }, 2 * (int64_t)sizeof unpack->low);
    }
}

static void add_date(ash_fingerprint *print, const ash_date_parameter *date) {
    ash_fingerprint_int(print, date->units.calendar);
    ash_fingerprint_int(print, date->units.unit_microseconds);
    ash_fingerprint_int(print, date->units.reference);
    ash_fingerprint_int(print, date->units.months);
    ash_fingerprint_int(print, date->field);
}

static void add_lookup(ash_fingerprint *print, const ash_lookup *lookup, int64_t entry_bytes) {
    add_ints(print, (int64_t[]){ lookup->n, lookup->right, lookup->invert }, 3);
    ash_fingerprint_bytes(print, (double[]){ lookup->below, lookup->above, lookup->period }, 3 * (int64_t)sizeof(double));
    ash_fingerprint_bytes(print, lookup + 1, lookup->n * entry_bytes);
}

static void add_elementwise(ash_fingerprint *print, const ash_node *node) {
    const ash_elementwise_node *e = &node->u.elementwise;
    ash_fingerprint_int(print, e->function);
    ash_fingerprint_text(print, e->function == ASH_FUNCTION_OPERATION ? ash_op_table[e->op].name : NULL);
    ash_fingerprint_int(print, e->loop);
    for (int k = 0; k < node->ninputs; k++) {
        ash_fingerprint_bytes(print, e->align[k], ash_value_output(node->input[k])->ndim);
    }
    switch (e->function) {
    case ASH_FUNCTION_OPERATION:
        ash_fingerprint_bytes(print, e->parameter, ash_op_table[e->op].parameters * (int64_t)sizeof(ash_number));
        break;
    case ASH_FUNCTION_CAST: break;
    case ASH_FUNCTION_UNPACK: add_unpack(print, e->parameter); break;
    case ASH_FUNCTION_DATE: add_date(print, e->parameter); break;
    case ASH_FUNCTION_SEARCH:
    case ASH_FUNCTION_ISIN: add_lookup(print, e->parameter, ash_dtype_size(e->loop)); break;
    case ASH_FUNCTION_INTERP: add_lookup(print, e->parameter, 2 * (int64_t)sizeof(double)); break;
    }
}

/* Where the elements lie says it all as long as they stay there. */
static void add_place(ash_fingerprint *print, const ash_node *node) {
    add_ints(print, (int64_t[]){ (intptr_t)node->u.memory.data }, 1);
    add_ints(print, node->u.memory.stride, node->output[0].ndim);
}

static void add_reduce(ash_fingerprint *print, const ash_node *node) {
    const ash_reduce_node *r = &node->u.reduce;
    const ash_output *input = ash_value_output(node->input[0]);
    ash_fingerprint_int(print, r->general ? -1 : (int64_t)r->reduction);
    ash_fingerprint_bytes(print, r->reduced, input->ndim);
    add_real(print, r->parameter.ddof);
    add_ints(print, (int64_t[]){ r->keepdims, r->group_axis, r->groups, r->group_chunk, r->results, r->by_chunk }, 6);
    add_ints(print, r->labels, r->group_axis >= 0 ? input->dim[r->group_axis].axis.extent : 0);
    if (r->general) {
        ash_fingerprint_text(print, r->general->name);
        ash_fingerprint_bytes(print, r->general->user, r->user_bytes);
    }
}

static void add_scan(ash_fingerprint *print, const ash_node *node) {
    const ash_scan_node *s = &node->u.scan;
    add_ints(print, (int64_t[]){ s->scan, s->op, s->axis }, 3);
    ash_fingerprint_bytes(print, s->none, sizeof s->none);
}

static void add_blocks(ash_fingerprint *print, const ash_blocks_node *blocks) {
    ash_fingerprint_text(print, blocks->kind->name);
    ash_fingerprint_text(print, blocks->function ? blocks->function->name : NULL);
    ash_fingerprint_bytes(print, blocks->parameter, blocks->parameter_bytes);
    ash_fingerprint_int(print, blocks->steps);
}

static void add_view(ash_fingerprint *print, const ash_node *node) {
    const ash_output *input = ash_value_output(node->input[0]);
    for (int a = 0; a < input->ndim; a++) {
        const ash_view_axis *axis = &node->u.view.axis[a];
        add_ints(print, (int64_t[]){ axis->axis, axis->start, axis->step }, 3);
    }
}

static void add_file(ash_fingerprint *print, const ash_node *node) {
    int64_t size, changed;
    ash_file_identity(node->u.file.file, &size, &changed);
    ash_fingerprint_text(print, ash_file_path(node->u.file.file));
    add_ints(print, (int64_t[]){ size, changed }, 2);
    ash_fingerprint_text(print, node->u.file.variable->name);
    ash_fingerprint_int(print, node->u.file.variable->id);
}

/* An open file, as this process knows it. */
static void add_open_file(ash_fingerprint *print, const ash_node *node) {
    int64_t key[ASH_FILE_KEY];
    ash_file_key(node->u.file.file, key);
    add_ints(print, key, ASH_FILE_KEY);
    ash_fingerprint_text(print, ash_file_variable_path(node->u.file.variable));
}

/* Functions, by more than their names. */
static void add_functions(ash_fingerprint *print, const ash_node *node) {
    const ash_reduction_definition *general = node->kind == ASH_NODE_REDUCE ? node->u.reduce.general : NULL;
    if (node->kind == ASH_NODE_BLOCKS) {
        add_ints(print, (int64_t[]){ (intptr_t)node->u.blocks.kind, (intptr_t)node->u.blocks.function }, 2);
    } else if (general) {
        add_ints(print, (int64_t[]){ (intptr_t)general->step, node->u.reduce.user_bytes > 0 ? 0 : (intptr_t)general->user }, 2);
    }
}

static void add_outputs(ash_fingerprint *print, const ash_node *node) {
    for (int k = 0; k < node->noutputs; k++) {
        const ash_output *output = &node->output[k];
        add_ints(print, (int64_t[]){ output->dtype, output->ndim }, 2);
        for (int a = 0; a < output->ndim; a++) {
            const ash_grid_axis *axis = &output->dim[a].axis;
            add_ints(print, (int64_t[]){ axis->extent, axis->count, axis->bounds ? 0 : axis->step, axis->bounds ? 0 : axis->offset }, 4);
            add_ints(print, axis->bounds, axis->bounds ? axis->count + 1 : 0);
        }
    }
}

static void add_parameters(ash_fingerprint *print, const ash_node *node) {
    switch (node->kind) {
    case ASH_NODE_ERROR:
    case ASH_NODE_DATASET: break;
    case ASH_NODE_CONSTANT: ash_fingerprint_bytes(print, node->u.constant.element, sizeof node->u.constant.element); break;
    case ASH_NODE_RAMP:
        ash_fingerprint_bytes(print, &node->u.ramp.start, sizeof node->u.ramp.start);
        ash_fingerprint_bytes(print, &node->u.ramp.step, sizeof node->u.ramp.step);
        ash_fingerprint_bytes(print, &node->u.ramp.last, node->u.ramp.has_last ? (int64_t)sizeof node->u.ramp.last : 0);
        break;
    case ASH_NODE_MEMORY: add_memory(print, node); break;
    case ASH_NODE_FILE: add_file(print, node); break;
    case ASH_NODE_ELEMENTWISE: add_elementwise(print, node); break;
    case ASH_NODE_VIEW: add_view(print, node); break;
    case ASH_NODE_TAKE:
        add_ints(print, (int64_t[]){ node->u.take.axis, node->u.take.missing }, 2);
        add_ints(print, node->u.take.labels, node->output[0].dim[node->u.take.axis].axis.extent);
        break;
    case ASH_NODE_REDUCE: add_reduce(print, node); break;
    case ASH_NODE_SCAN:
    case ASH_NODE_CARRY: add_scan(print, node); break;
    case ASH_NODE_BLOCKS: add_blocks(print, &node->u.blocks); break;
    }
}

void ash_fingerprint_node(ash_fingerprint *print, const ash_node *node) {
    ash_fingerprint_int(print, node->kind);
    add_outputs(print, node);
    switch (node->kind) {
    case ASH_NODE_MEMORY: add_place(print, node); break;
    case ASH_NODE_FILE: add_open_file(print, node); break;
    default:
        add_parameters(print, node);
        add_functions(print, node);
        break;
    }
}

void ash_fingerprint_values(ash_fingerprint *print, ash_context *context, int n, const ash_value values[]) {
    int count = 0;
    ash_reach(context, n, values);
    for (int64_t k = 0; k < context->nreached; k++) { /* by rising serial: inputs come before what is made from them */
        ash_node *node = context->reached[k];
        node->weight = count++; /* its number in this expression, whatever else the context holds */
        ash_fingerprint_int(print, node->kind);
        add_outputs(print, node);
        add_parameters(print, node);
        for (int i = 0; i < node->ninputs; i++) {
            add_ints(print, (int64_t[]){ node->input[i].node->weight, node->input[i].output }, 2);
        }
    }
    for (int k = 0; k < n; k++) {
        add_ints(print, (int64_t[]){ values[k].node->weight, values[k].output }, 2);
    }
}
