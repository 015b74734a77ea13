/* The work of products of matrices, chunk by chunk: a step takes the product of two blocks, or adds it. Floating matrices go to BLAS, which packs them for itself:
 * blocks that lie as BLAS takes them are not copied. Vectors are bound by memory and stay with loops of our own, whose sums depend on nothing but their terms; so do
 * the other dtypes. */
#include "base/dtype.h"
#include "expr/product.h"
#include "kernels/blas.h"

#include <string.h>

/* BLAS has kernels for small products that sum in another order where an input is transposed (OpenBLAS: below 1e6 multiplications). The bits must not depend on how a block
 * happens to lie, so these have their inputs in one order. */
static const int64_t SMALL = INT64_C(1) << 21;

/* Where the summed axes begin in a step of a chunk, and how far they go. 0: the last part has fewer steps than the others. */
static int step_box(const ash_product *p, const ash_box *chunk, int64_t step, ash_box *box) {
    step += p->parts > 1 ? chunk->start[0] * p->part_steps : 0;
    for (int64_t i = p->summed - 1; i >= 0; i--) {
        int64_t count = p->extent[i] > 0 ? (p->extent[i] - 1) / p->step[i] + 1 : 1;
        box->start[i] = step % count * p->step[i];
        box->extent[i] = p->extent[i] - box->start[i] < p->step[i] ? p->extent[i] - box->start[i] : p->step[i];
        step /= count;
    }
    return step == 0;
}

/* Axis number `k` in the order of an input's axes in the parameter: an axis of the result, or, from ASH_MAX_NDIM on, a summed one. */
static int64_t role(const ash_product *p, int input, int64_t k) {
    int64_t summed_at = input == 0 ? p->batch + p->rows : p->batch;
    if (k < p->batch || (input == 0 && k < summed_at)) {
        return k;
    }
    if (k < summed_at + p->summed) {
        return ASH_MAX_NDIM + k - summed_at;
    }
    return p->batch + p->rows + k - summed_at - p->summed;
}

static int64_t axes_of(const ash_product *p, int input) {
    return p->batch + p->summed + (input == 0 ? p->rows : p->columns);
}

static int product_part(const ash_node *node, const ash_blocks_step *at, int k, ash_part *part) {
    const ash_product *p = node->u.blocks.parameter;
    const ash_box *out = &at->box[0];
    ash_box summed;
    if (k > 1) {
        return 0;
    }
    if (!step_box(p, out, at->step, &summed)) {
        return 0;
    }
    for (int a = 0; a < node->output[0].ndim; a++) {
        if (out->extent[a] == 0) {
            return 0;
        }
    }
    part->input = k;
    for (int64_t i = 0; i < axes_of(p, k); i++) {
        int64_t axis = p->axis[k][i], from = role(p, k, i);
        const ash_box *box = from < ASH_MAX_NDIM ? out : &summed;
        from %= ASH_MAX_NDIM;
        if (box->extent[from] == 0) {
            return 0;
        }
        if (axis < 0) {
            continue;
        }
        int repeated = box == out && ash_value_output(node->input[k])->dim[axis].axis.extent == 1;
        part->box.start[axis] = repeated ? 0 : box->start[from];
        part->box.extent[axis] = repeated ? 1 : box->extent[from];
    }
    return 1;
}

/* Rows of the one, columns of the other, and all that is summed. */
static int product_reach(const ash_node *node, const ash_need box[], int input, ash_need need[]) {
    const ash_product *p = node->u.blocks.parameter;
    int any = 1;
    for (int64_t i = 0; i < axes_of(p, input); i++) {
        int64_t axis = p->axis[input][i], from = role(p, input, i);
        if (axis >= 0) {
            int64_t extent = ash_value_output(node->input[input])->dim[axis].axis.extent;
            need[axis] = from >= ASH_MAX_NDIM || extent == 1 ? (ash_need){ 0, extent } : box[from];
            any &= extent > 0;
        }
    }
    return any;
}

/* Elements of the largest block of an input, put in order. */
static int64_t packed_elements(const ash_node *node, int input) {
    const ash_product *p = node->u.blocks.parameter;
    int64_t elements = 1;
    for (int64_t i = 0; i < axes_of(p, input); i++) {
        int64_t from = role(p, input, i), axis = p->axis[input][i];
        int64_t extent = from >= ASH_MAX_NDIM ? p->step[from - ASH_MAX_NDIM] : ash_axis_largest(&node->output[0].dim[from].axis);
        int repeated = axis < 0 || (from < ASH_MAX_NDIM && ash_value_output(node->input[input])->dim[axis].axis.extent == 1);
        elements *= repeated ? 1 : extent;
    }
    return elements;
}

static int64_t product_of(const int64_t extent[], int64_t first, int64_t n) {
    int64_t product = 1;
    for (int64_t a = first; a < first + n; a++) {
        product *= extent[a];
    }
    return product;
}

/* A chunk as a product: the matrices it consists of, and those of the box that is needed of it. */
typedef struct sizes {
    ash_box whole;
    int64_t rows, columns; /* of the box */
    int64_t whole_rows, whole_columns;
    int blas;
    int as_whole; /* what is needed is made as a part of the chunk: sums of BLAS depend on the extents of what it multiplies, ours on whether it is a column */
} sizes;

static sizes find_sizes(const ash_node *node, int64_t chunk, const ash_box *box) {
    const ash_product *p = node->u.blocks.parameter;
    sizes s = { .rows = product_of(box->extent, p->batch, p->rows) };
    ash_output_box(&node->output[0], chunk, &s.whole);
    s.columns = product_of(box->extent, p->batch + p->rows, p->columns);
    s.whole_rows = product_of(s.whole.extent, p->batch, p->rows);
    s.whole_columns = product_of(s.whole.extent, p->batch + p->rows, p->columns);
    s.blas = ash_blas_has(node->output[0].dtype) && s.whole_rows > 1 && s.whole_columns > 1;
    s.as_whole = s.blas ? s.rows < s.whole_rows || s.columns < s.whole_columns : s.columns == 1 && s.whole_columns > 1;
    return s;
}

static int64_t product_scratch(const ash_node *node, const ash_blocks_step *at) {
    sizes s = find_sizes(node, at->chunk, &at->box[0]);
    int64_t size = ash_dtype_size(node->output[0].dtype), result = s.as_whole ? s.whole_rows * s.whole_columns * size + 64 : 0;
    return (packed_elements(node, 0) + packed_elements(node, 1)) * size + 64 + result;
}

/* What BLAS packs for itself of the larger block, and of the other one in shares. OpenBLAS keeps a buffer for each thread that was ever in it, of which the pages that
 * were used are real. */
static int64_t product_thread(const ash_node *node) {
    const ash_product *p = node->u.blocks.parameter;
    int64_t a = packed_elements(node, 0), b = packed_elements(node, 1), size = ash_dtype_size(node->output[0].dtype);
    return ash_blas_has(node->output[0].dtype) && p->rows + p->columns > 1 ? (a > b ? a : b) * size + (2 << 20) : 0;
}

/* A block as matrices. */
typedef struct matrices {
    ash_matrix first;
    int64_t extent[ASH_MAX_NDIM], stride[ASH_MAX_NDIM]; /* of the batch axes; bytes */
    int64_t outer, inner;                               /* extents of a matrix */
    char *free;                                         /* what of the scratch is left */
} matrices;

/* What may be done with a block without copying it. */
typedef enum orders {
    ROWS,            /* of dense elements, any distance apart */
    ROWS_OR_COLUMNS, /* or columns of such */
    DENSE            /* all elements side by side */
} orders;

/* Axes [first, end) as one: its extent, and the distance of its elements in bytes (0: there is one at most). 0 if they cannot be seen so. */
static int as_one(int first, int end, const int64_t extent[], const int64_t stride[], int64_t *elements, int64_t *distance) {
    *elements = 1;
    *distance = 0;
    for (int a = end - 1; a >= first; a--) {
        if (extent[a] == 1) {
            continue;
        }
        if (*elements > 1 && stride[a] != *distance * *elements) {
            return 0;
        }
        *distance = *elements > 1 ? *distance : stride[a];
        *elements *= extent[a];
    }
    return 1;
}

/* Whether `outer` rows of `inner` elements lie as rows do. */
static int lies(int64_t outer, int64_t outer_stride, int64_t inner, int64_t inner_stride, int64_t size, int64_t *leading) {
    *leading = outer > 1 ? outer_stride / size : inner;
    return (inner == 1 || inner_stride == size) && *leading >= inner && *leading <= INT32_MAX && (outer == 1 || outer_stride % size == 0);
}

/* Finds out how a block lies. 0 if it has to be copied. */
static int take_as_it_is(matrices *m, int batch, int outer_end, int n, const int64_t extent[], const int64_t stride[], const char *base,
    ash_dtype dtype, orders accepted) {
    int64_t size = ash_dtype_size(dtype), component = ash_dtype_kind(dtype) == 'c' ? size / 2 : size, outer, inner, outer_stride,
            inner_stride;
    uintptr_t places = (uintptr_t)base;
    for (int a = 0; a < n; a++) {
        places |= extent[a] > 1 ? (uintptr_t)stride[a] : 0;
    }
    if (places % (uintptr_t)component != 0 || !as_one(batch, outer_end, extent, stride, &outer, &outer_stride) ||
        !as_one(outer_end, n, extent, stride, &inner, &inner_stride)) {
        return 0;
    }
    m->first.data = base;
    memcpy(m->stride, stride, (size_t)batch * sizeof *stride);
    if (lies(outer, outer_stride, inner, inner_stride, size, &m->first.leading)) {
        return accepted != DENSE || m->first.leading == inner;
    }
    m->first.transposed = 1;
    return accepted == ROWS_OR_COLUMNS && lies(inner, inner_stride, outer, outer_stride, size, &m->first.leading);
}

/* Copies the block into the scratch unless it lies as it may. */
static matrices pack(const ash_blocks_call *call, int input, orders accepted, char *scratch) {
    const ash_product *p = call->node->u.blocks.parameter;
    const ash_block *block = &call->block[input];
    ash_dtype dtype = call->node->output[0].dtype;
    int64_t size = ash_dtype_size(dtype), extent[ASH_MAX_NDIM], from[ASH_MAX_NDIM], dense[ASH_MAX_NDIM], bytes = size;
    int n = (int)axes_of(p, input), outer_end = (int)(p->batch + (input == 0 ? p->rows : p->summed));
    matrices m = { .outer = 1, .inner = 1, .free = scratch };
    for (int i = 0; i < n; i++) {
        int64_t axis = p->axis[input][i];
        extent[i] = axis < 0 ? 1 : block->part.box.extent[axis];
        from[i] = axis < 0 ? 0 : block->stride[axis];
        m.extent[i] = extent[i];
        *(i < outer_end ? &m.outer : &m.inner) *= i < p->batch ? 1 : extent[i];
    }
    if (take_as_it_is(&m, (int)p->batch, outer_end, n, extent, from, block->base, dtype, accepted)) {
        return m;
    }
    for (int a = n - 1; a >= 0; a--) {
        dense[a] = bytes;
        bytes *= extent[a];
    }
    ash_copy_box(n, extent, size, scratch, dense, block->base, from);
    memcpy(m.stride, dense, (size_t)p->batch * sizeof *dense);
    m.first = (ash_matrix){ .data = scratch, .leading = m.inner };
    m.free = scratch + (bytes + 63) / 64 * 64;
    return m;
}

/* The matrix that goes with one of the batch's. */
static ash_matrix matrix_at(const matrices *m, int64_t batch, const int64_t index[]) {
    ash_matrix matrix = m->first;
    int64_t at = 0;
    for (int64_t i = 0; i < batch; i++) {
        at += m->extent[i] == 1 ? 0 : index[i] * m->stride[i];
    }
    matrix.data = (const char *)matrix.data + at;
    return matrix;
}

/* Copies the block into the scratch, as a part of what the whole chunk would take; the rest of that is zero. */
static matrices pack_whole(const ash_blocks_call *call, int input, const ash_box *whole, char *scratch) {
    const ash_product *p = call->node->u.blocks.parameter;
    const ash_block *block = &call->block[input];
    int64_t size = ash_dtype_size(call->node->output[0].dtype), extent[ASH_MAX_NDIM], from[ASH_MAX_NDIM], dense[ASH_MAX_NDIM], offset = 0;
    int64_t start[ASH_MAX_NDIM];
    int n = (int)axes_of(p, input), outer_end = (int)(p->batch + (input == 0 ? p->rows : p->summed));
    matrices m = { .outer = 1, .inner = 1 };
    for (int i = 0; i < n; i++) {
        int64_t axis = p->axis[input][i], of = role(p, input, i);
        extent[i] = axis < 0 ? 1 : block->part.box.extent[axis];
        from[i] = axis < 0 ? 0 : block->stride[axis];
        int in_part = i >= p->batch && of < ASH_MAX_NDIM;
        m.extent[i] = in_part ? whole->extent[of] : extent[i];
        start[i] = in_part ? call->box[0].start[of] - whole->start[of] : 0;
        *(i < outer_end ? &m.outer : &m.inner) *= i < p->batch ? 1 : m.extent[i];
    }
    int64_t bytes = ash_dense_strides(n, m.extent, size, dense);
    for (int i = 0; i < n; i++) {
        offset += start[i] * dense[i];
    }
    memset(scratch, 0, (size_t)bytes);
    ash_copy_box(n, extent, size, scratch + offset, dense, block->base, from);
    memcpy(m.stride, dense, (size_t)p->batch * sizeof *dense);
    m.first = (ash_matrix){ .data = scratch, .leading = m.inner };
    m.free = scratch + (bytes + 63) / 64 * 64;
    return m;
}

/* Takes, or adds, the product of two matrices. */
static void multiply(const ash_blocks_call *call, int blas, int64_t rows, int64_t columns, int64_t terms, const ash_matrix *a,
    const ash_matrix *b, char *c) {
    ash_dtype dtype = call->node->output[0].dtype;
    if (blas) {
        ash_blas_product(dtype, rows, columns, terms, a, b, c, call->step > 0);
    } else {
        ash_kernel_product(call->isa, dtype)(rows, columns, terms, a->data, a->leading, b->data, b->leading, c, call->step > 0);
    }
}

/* The product of one matrix of the batch, of which a part goes on in `out`, by way of the whole in `c`. */
static void multiply_whole(
    const ash_blocks_call *call, const sizes *s, int64_t terms, const ash_matrix *left, const ash_matrix *right, char *c, char *out) {
    const ash_product *p = call->node->u.blocks.parameter;
    const int64_t *extent = call->box[0].extent + p->batch;
    int n = (int)(p->rows + p->columns);
    int64_t size = ash_dtype_size(call->node->output[0].dtype), part[ASH_MAX_NDIM], whole[ASH_MAX_NDIM], offset = 0;
    ash_dense_strides(n, extent, size, part);
    int64_t bytes = ash_dense_strides(n, s->whole.extent + p->batch, size, whole);
    for (int a = 0; a < n; a++) {
        offset += (call->box[0].start[p->batch + a] - s->whole.start[p->batch + a]) * whole[a];
    }
    if (call->step > 0) {
        memset(c, 0, (size_t)bytes);
        ash_copy_box(n, extent, size, c + offset, whole, out, part);
    }
    multiply(call, s->blas, s->whole_rows, s->whole_columns, terms, left, right, c);
    ash_copy_box(n, extent, size, out, part, c + offset, whole);
}

static ash_status product_run(const ash_blocks_call *call) {
    const ash_product *p = call->node->u.blocks.parameter;
    const ash_output *output = &call->node->output[0];
    const int64_t *extent = call->box[0].extent;
    int64_t size = ash_dtype_size(output->dtype), index[ASH_MAX_NDIM] = { 0 }, elements = product_of(extent, 0, output->ndim);
    sizes s = find_sizes(call->node, call->chunk, &call->box[0]);
    char *out = call->out[0];
    if (call->nblocks < 2) { /* nothing to be summed */
        memset(out, 0, (size_t)(call->step == 0 ? elements * size : 0));
        return ASH_OK;
    }
    ash_box summed;
    step_box(p, &call->box[0], call->step, &summed);
    int64_t terms = product_of(summed.extent, 0, p->summed);
    orders accepted = s.blas && (double)s.rows * (double)s.columns * (double)terms >= (double)SMALL ? ROWS_OR_COLUMNS : ROWS;
    matrices a = s.as_whole ? pack_whole(call, 0, &s.whole, call->scratch) : pack(call, 0, accepted, call->scratch);
    matrices b = s.as_whole ? pack_whole(call, 1, &s.whole, a.free) : pack(call, 1, s.columns > 1 ? accepted : DENSE, a.free);
    for (int64_t done = 0; done < elements; done += s.rows * s.columns, out += s.rows * s.columns * size) {
        ash_matrix left = matrix_at(&a, p->batch, index), right = matrix_at(&b, p->batch, index);
        if (s.as_whole) {
            multiply_whole(call, &s, terms, &left, &right, b.free, out);
        } else {
            multiply(call, s.blas, s.rows, s.columns, terms, &left, &right, out);
        }
        for (int64_t i = p->batch - 1; i >= 0 && ++index[i] == extent[i]; i--) {
            index[i] = 0;
        }
    }
    return ASH_OK;
}

const ash_blocks_kind ash_product_kind = { .name = "matmul",
    .repeats = 1,
    .blas = 1,
    .part = product_part,
    .reach = product_reach,
    .scratch_bytes = product_scratch,
    .thread_bytes = product_thread,
    .run = product_run };
