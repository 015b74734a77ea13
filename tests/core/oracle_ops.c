/* The table of operations, and what they have in common: promotion, broadcasting, casting to the loop's dtype. */
#include "oracle_ops.h"
#include "oracle.h"

#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const long double pi = 3.141592653589793238462643383279502884L, log2_10 = 3.321928094887362347870319429489390176L,
                         log_2 = 0.693147180559945309417232121458176568L;

static long double oracle_degrees(long double x) {
    return x * (180 / pi);
}
static long double oracle_radians(long double x) {
    return x * (pi / 180);
}
static long double _Complex oracle_cexp2(long double _Complex x) {
    return cexpl(complex_of(creall(x) * log_2, cimagl(x) * log_2));
}
static long double _Complex oracle_clog2(long double _Complex x) {
    return complex_of(creall(clogl(x)) / log_2, cimagl(clogl(x)) / log_2);
}
static long double _Complex oracle_clog10(long double _Complex x) {
    return complex_of(creall(clogl(x)) / (log_2 * log2_10), cimagl(clogl(x)) / (log_2 * log2_10));
}
static long double _Complex oracle_cexpm1(long double _Complex x) {
    return complex_of(creall(cexpl(x)) - 1, cimagl(cexpl(x)));
}
static long double _Complex oracle_clog1p(long double _Complex x) {
    return clogl(complex_of(creall(x) + 1, cimagl(x)));
}

static long double _Complex oracle_csinc(long double _Complex x) {
    long double _Complex y = complex_of(creall(x) * pi, cimagl(x) * pi);
    return creall(x) == 0 && cimagl(x) == 0 ? complex_of(1, 0) : csinl(y) / y;
}
/* The integral of exp(x cos t) over half a turn, which for a periodic function the trapezoidal rule finds quickly; scaled against overflow. */
static long double oracle_i0(long double x) {
    long double sum = 0, size = fabsl(x);
    enum { STEPS = 400 };
    if (!(size < 11000)) {
        return isnan(size) ? size : INFINITY;
    }
    for (int k = 0; k < STEPS; k++) {
        sum += expl(size * (cosl(pi * (k + 0.5L) / STEPS) - 1)) / STEPS;
    }
    return sum * expl(size);
}

/* Operations with parameters, with some numbers for them. */
static ash_array call_round(ash_array a) {
    return ash_round(a, 1);
}
static ash_array call_round_whole(ash_array a) {
    return ash_round(a, 0);
}
static ash_array call_round_tens(ash_array a) {
    return ash_round(a, -1);
}
static ash_array call_isclose(ash_array a, ash_array b) {
    return ash_isclose(a, b, 0.125, 0.5, true);
}
static ash_array call_isclose_strict(ash_array a, ash_array b) {
    return ash_isclose(a, b, 0.125, 0.5, false);
}
static ash_array call_nan_to_num(ash_array a) {
    return ash_nan_to_num(a, 7.5, (double)INFINITY, -3);
}
static ash_array call_nan_to_num_plain(ash_array a) {
    return ash_nan_to_num(a, 0, (double)INFINITY, -(double)INFINITY);
}

#define CALL_1(name) .call1 = ash_##name
#define CALL_2(name) .call2 = ash_##name
#define CALL_3(name) .call3 = ash_##name
#define ash_divmod NULL, .call2_2 = ash_divmod /* two outputs */
#define ash_modf NULL, .call1_2 = ash_modf
#define ash_frexp NULL, .call1_2 = ash_frexp
#define ash_round call_round
#define ash_round_whole call_round_whole
#define ash_round_tens call_round_tens
#define ash_isclose call_isclose
#define ash_isclose_strict call_isclose_strict
#define ash_nan_to_num call_nan_to_num
#define ash_nan_to_num_plain call_nan_to_num_plain
#define ROW(op, n, accepts, promote, gives, is_smooth, real_function, complex_function) \
    { .id = op_##op, \
        .name = #op, \
        .inputs = n, \
        .outputs = 1 + (op_##op == op_divmod || op_##op == op_modf || op_##op == op_frexp), \
        .kinds = accepts, \
        .promotion = promote, \
        .result = gives, \
        .smooth = is_smooth, \
        .real1 = real_function, \
        .complex1 = complex_function, \
        CALL_##n(op) },
const oracle_op oracle_ops[] = { ORACLE_OPS(ROW) };
#undef ash_divmod
#undef ash_modf
#undef ash_frexp
#undef ash_round
#undef ash_round_whole
#undef ash_round_tens
#undef ash_isclose
#undef ash_isclose_strict
#undef ash_nan_to_num
#undef ash_nan_to_num_plain
const int oracle_op_count = ORACLE_OP_COUNT;

/* ---- Promotion ---- */

static int kind_rank(char kind) {
    return kind == 'b' ? 0 : kind == 'i' || kind == 'u' ? 1 : kind == 'f' ? 2 : 3;
}

/* Of a weak scalar only the kind counts: it changes the dtype only where its kind is higher. */
ash_dtype oracle_common(int n, const dense *const in[]) {
    static const ash_dtype alone[] = { ASH_BOOL, ASH_INT64, ASH_FLOAT64, ASH_COMPLEX128 };
    ash_dtype common = ASH_DTYPE_COUNT;
    int weak = -1;
    for (int round = 0; round < 2; round++) { /* floating ones first: the others join one by one */
        for (int k = 0; k < n; k++) {
            int floating = kind_rank(oracle_kind(in[k]->dtype)) > 1;
            if (!in[k]->weak && floating == (round == 0)) {
                common = common == ASH_DTYPE_COUNT ? in[k]->dtype : oracle_promote(common, in[k]->dtype);
            }
        }
    }
    for (int k = 0; k < n; k++) {
        weak = in[k]->weak && kind_rank(in[k]->weak) > weak ? kind_rank(in[k]->weak) : weak;
    }
    if (common == ASH_DTYPE_COUNT) {
        return alone[weak];
    }
    if (weak <= kind_rank(oracle_kind(common))) {
        return common;
    }
    return common == ASH_FLOAT32 ? ASH_COMPLEX64 : alone[weak];
}

/* The dtype of an input that stands beside the promotion; ASH_DTYPE_COUNT of the others. */
static ash_dtype fixed_dtype(const oracle_op *op, int input) {
    return op->id == op_where && input == 0 ? ASH_BOOL : op->id == op_ldexp && input == 1 ? ASH_INT64 : ASH_DTYPE_COUNT;
}

ash_dtype oracle_loop(const oracle_op *op, const dense *const in[]) {
    const dense *promoted[3];
    int n = 0;
    for (int k = 0; k < op->inputs; k++) {
        ash_dtype fixed = fixed_dtype(op, k);
        if (fixed == ASH_DTYPE_COUNT) {
            promoted[n++] = in[k];
        } else if (fixed == ASH_INT64 && kind_rank(oracle_kind(in[k]->dtype)) > 1) {
            return ASH_DTYPE_COUNT; /* exponents are whole */
        }
    }
    ash_dtype common = oracle_common(n, promoted);
    char kind = oracle_kind(common);
    int whole = kind == 'b' || kind == 'i' || kind == 'u';
    if (!strchr(op->kinds, kind)) {
        return ASH_DTYPE_COUNT;
    }
    switch (op->promotion) {
    case 'i': return kind == 'b' ? ASH_INT8 : common;
    case 'f': return !whole ? common : ash_dtype_size(common) <= 2 ? ASH_FLOAT32 : ASH_FLOAT64;
    case 'd': return whole ? ASH_FLOAT64 : common;
    case 'x': return kind == 'c' ? ASH_COMPLEX128 : ASH_FLOAT64;
    default: return common;
    }
}

static ash_dtype result_dtype(const oracle_op *op, int output, ash_dtype loop) {
    if (op->result == 'b') {
        return ASH_BOOL;
    }
    if (op->result == '8' || (op->result == 'e' && output == 1)) {
        return op->result == '8' ? ASH_UINT8 : ASH_INT64;
    }
    return op->result == 'r' && oracle_kind(loop) == 'c' ? (loop == ASH_COMPLEX64 ? ASH_FLOAT32 : ASH_FLOAT64) : loop;
}

/* ---- Broadcasting ---- */

/* Shape and names of the result, and for every input axis the result's axis. Names meet by name, anonymous axes from the right. */
void oracle_broadcast(int n, const dense *const in[], dense *out, int axis_of[][ASH_MAX_NDIM]) {
    int base = 0;
    for (int k = 1; k < n; k++) {
        base = in[k]->ndim > in[base]->ndim ? k : base;
    }
    out->ndim = in[base]->ndim;
    memcpy(out->shape, in[base]->shape, sizeof out->shape);
    memcpy(out->name, in[base]->name, sizeof out->name);
    for (int k = 0; k < n; k++) {
        for (int a = 0; a < in[k]->ndim; a++) {
            int to = in[base]->ndim - in[k]->ndim + a;
            if (in[k]->name[a]) {
                for (to = 0; to < out->ndim && out->name[to] != in[k]->name[a]; to++) {}
                if (to == out->ndim) {
                    out->name[to] = in[k]->name[a];
                    out->shape[out->ndim++] = 1;
                }
            }
            axis_of[k][a] = to;
            out->shape[to] = in[k]->shape[a] != 1 ? in[k]->shape[a] : out->shape[to];
        }
    }
}

cell oracle_fetch(const dense *in, const int axis_of[], const int64_t index[]) {
    int64_t source[ASH_MAX_NDIM];
    for (int a = 0; a < in->ndim; a++) {
        source[a] = in->shape[a] == 1 ? 0 : index[axis_of[a]];
    }
    return in->cell[dense_position(in, source)];
}

/* ---- Applying ---- */

void oracle_cell(const oracle_op *op, ash_dtype loop, const cell in[], cell out[2]) {
    int exact = 1;
    out[0] = out[1] = cell_unknown;
    if (op->id == op_where && in[0].error != INFINITY) {
        out[0] = in[0].i ? in[1] : in[2];
        return;
    }
    for (int k = 0; k < op->inputs; k++) {
        if (in[k].error == INFINITY) {
            return;
        }
        exact = exact && in[k].error == 0;
    }
    if (!exact && !op->smooth) {
        return;
    }
    switch (oracle_kind(loop)) {
    case 'f': oracle_real_cell(op, loop, in, out); break;
    case 'c': oracle_complex_cell(op, loop, in, out); break;
    default: oracle_integer_cell(op->id, loop, in, out);
    }
}

int oracle_apply(const oracle_op *op, const dense *const in[], dense *out[2]) {
    ash_dtype loop = oracle_loop(op, in);
    if (loop == ASH_DTYPE_COUNT) {
        return 0;
    }
    dense frame = { 0 };
    int axis_of[3][ASH_MAX_NDIM];
    oracle_broadcast(op->inputs, in, &frame, axis_of);
    for (int o = 0; o < op->outputs; o++) {
        out[o] = dense_new(result_dtype(op, o, loop), frame.ndim, frame.shape, frame.name);
    }
    int64_t index[ASH_MAX_NDIM];
    for (int64_t k = 0; k < out[0]->size; k++) {
        cell operand[3] = { { 0 } }, result[2];
        dense_index(out[0], k, index);
        for (int i = 0; i < op->inputs; i++) {
            ash_dtype fixed = fixed_dtype(op, i), to = fixed == ASH_DTYPE_COUNT ? loop : fixed;
            operand[i] = oracle_cast_cell(oracle_fetch(in[i], axis_of[i], index), in[i]->dtype, to);
        }
        oracle_cell(op, loop, operand, result);
        for (int o = 0; o < op->outputs; o++) {
            out[o]->cell[k] = result[o];
        }
    }
    return 1;
}
