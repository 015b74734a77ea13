#include "expr/elementwise.h"

#include "base/memory.h"
#include "expr/align.h"

#include <ashlar/ops.h>

#include <string.h>

/* Floating and complex dtypes come first: int16 and uint16 alone need int32, but float32 holds both. */
ash_dtype ash_promote_values(int n, const ash_value operands[], char *weak) {
    static const char order[] = "bifc";
    int strong = 0;
    const char *highest = order;
    int any_weak = 0;
    ash_dtype dtype = ASH_BOOL;
    for (int k = 0; k < 2 * n; k++) {
        const ash_output *operand = ash_value_output(operands[k % n]);
        int is_inexact = operand->dtype >= ASH_FLOAT32;
        if (operand->weak) {
            const char *kind = strchr(order, operand->weak);
            highest = kind > highest ? kind : highest;
            any_weak = 1;
        } else if (is_inexact == (k < n)) {
            dtype = strong ? ash_dtype_promote(dtype, operand->dtype) : operand->dtype;
            strong = 1;
        }
    }
    *weak = strong ? 0 : *highest;
    if (!strong) {
        return ash_dtype_of_weak(*highest);
    }
    return any_weak ? ash_dtype_promote_weak(dtype, *highest) : dtype;
}

int ash_weak_integer_exceeds(ash_value value, ash_dtype dtype) {
    return ash_value_output(value)->weak == 'i' && value.node->kind == ASH_NODE_CONSTANT &&
        !ash_integer_fits(dtype, ash_number_load(ASH_INT64, value.node->u.constant.element).i);
}

/* The dtype the loop works in; ASH_DTYPE_COUNT, with an error, if the operation does not accept the common dtype. */
static ash_dtype loop_dtype(ash_builder *builder, ash_op op, ash_dtype common) {
    ash_dtype loop = ash_op_loop(op, common);
    if (loop != ASH_DTYPE_COUNT) {
        return loop;
    }
    char accepted[100] = "";
    static const struct {
        char kind;
        const char *words;
    } words[] = { { 'b', "bool" }, { 'i', "signed integers" }, { 'u', "unsigned integers" }, { 'f', "floating" }, { 'c', "complex" } };
    for (int k = 0; k < 5; k++) {
        if (strchr(ash_op_table[op].kinds, words[k].kind)) {
            strcat(accepted, *accepted ? ", " : "");
            strcat(accepted, words[k].words);
        }
    }
    ash_fail(&builder->error, ASH_ERR_DTYPE, "%s: does not accept %s (accepts %s); convert with ash_cast()", builder->function,
        ash_dtype_name(common), accepted);
    return ASH_DTYPE_COUNT;
}

/* A weak integer must be representable where it goes: NumPy 2 raises OverflowError. */
static void check_weak_integers(ash_builder *builder, int n, const ash_value operands[], ash_dtype loop) {
    char kind = ash_dtype_kind(loop);
    for (int k = 0; k < n; k++) {
        const ash_output *operand = ash_value_output(operands[k]);
        const ash_node *source = operands[k].node;
        while (source->kind == ASH_NODE_VIEW) {
            source = source->input[0].node;
        }
        if (operand->weak != 'i' || source->kind != ASH_NODE_CONSTANT || (kind != 'i' && kind != 'u')) {
            continue;
        }
        int64_t value = ash_number_load(ASH_INT64, source->u.constant.element).i;
        if (!ash_integer_fits(loop, value)) {
            ash_fail(&builder->error, ASH_ERR_ARGUMENT, "%s: the integer %lld does not fit %s", builder->function, (long long)value,
                ash_dtype_name(loop));
        }
    }
}

static int build_outputs(ash_builder *builder, ash_op op, const ash_alignment *al, ash_dtype loop, char weak) {
    for (int k = 0; k < ash_op_table[op].outputs; k++) {
        ash_dtype dtype = ash_op_result_dtype(op, k, loop);
        if (!ash_builder_output(builder, k, dtype, al->ndim)) {
            return 0;
        }
        ash_output *output = &builder->node->output[k];
        output->weak = weak && al->ndim == 0 ? ash_dtype_kind(dtype) : 0;
        for (int a = 0; a < al->ndim; a++) {
            output->dim[a].axis = al->dim[a].axis;
            if (!ash_node_copy_dim(builder->node, &output->dim[a], &al->dim[a])) {
                return ash_builder_no_memory(builder);
            }
        }
    }
    return 1;
}

/* An operation on weak numbers alone is done at once, as Python does it: its result is a weak number, whose value later promotions can
 * check. */
static void fold_numbers(ash_builder *builder, ash_op op, const ash_value operands[], const ash_number parameters[], ash_dtype loop) {
    const ash_op_descriptor *info = &ash_op_table[op];
    _Alignas(16) unsigned char in[ASH_MAX_INPUTS][16], out[16] = { 0 };
    const void *inputs[ASH_MAX_INPUTS];
    void *outputs[1] = { out };
    for (int k = 0; k < info->inputs; k++) {
        ash_dtype from = ash_value_output(operands[k])->dtype;
        ash_number_store(loop, in[k], from, ash_number_load(from, operands[k].node->u.constant.element));
        inputs[k] = in[k];
    }
    ash_kernel_elementwise(builder->context->isa, op, loop)(1, outputs, inputs, parameters);
    ash_dtype dtype = ash_op_result_dtype(op, 0, loop);
    if (ash_builder_node(builder, ASH_NODE_CONSTANT, 0, 1) && ash_builder_output(builder, 0, dtype, 0)) {
        memcpy(builder->node->u.constant.element, out, sizeof out);
        builder->node->output[0].weak = ash_dtype_kind(dtype);
    }
}

static int all_numbers(int n, const ash_value operands[]) {
    for (int k = 0; k < n; k++) {
        if (operands[k].node->kind != ASH_NODE_CONSTANT || !ash_value_output(operands[k])->weak) {
            return 0;
        }
    }
    return 1;
}

/* A comparison with a weak integer that the dtype does not hold is no mistake: it has an answer, in wider integers. */
static ash_dtype widen_comparison(ash_op op, ash_dtype loop, int n, const ash_value operands[]) {
    char kind = ash_dtype_kind(loop);
    if (op < ASH_OP_EQUAL || op > ASH_OP_GREATER_EQUAL || (kind != 'i' && kind != 'u')) {
        return loop;
    }
    for (int k = 0; k < n; k++) {
        if (ash_weak_integer_exceeds(operands[k], loop)) {
            return ash_dtype_promote(loop, ASH_INT64); /* uint64 against a negative number: float64 tells them apart */
        }
    }
    return loop;
}

/* Inputs whose dtype is fixed stand beside the promotion: any dtype has a truth value, but only integers are taken as int64. Fills
 * `promoted` with the others and returns how many they are. */
static int split_fixed(ash_builder *builder, const ash_op_descriptor *info, const ash_value operands[], ash_value promoted[]) {
    int n = 0;
    for (int k = 0; k < info->inputs; k++) {
        ash_dtype dtype = ash_value_output(operands[k])->dtype;
        char kind = ash_dtype_kind(dtype);
        if (info->input_dtype[k] == ASH_DTYPE_COUNT) {
            promoted[n++] = operands[k];
        } else if (info->input_dtype[k] == ASH_INT64 && (kind == 'f' || kind == 'c')) {
            ash_fail(&builder->error, ASH_ERR_DTYPE, "%s: %s does not accept %s (accepts bool, integers); convert with ash_cast()",
                builder->function, info->input_name[k], ash_dtype_name(dtype));
        }
    }
    return n;
}

static int copy_parameters(ash_builder *builder, const ash_op_descriptor *info, const ash_number parameters[]) {
    if (info->parameters > 0) {
        ash_arena *arena = &builder->node->arena;
        builder->node->u.elementwise.parameter = ash_arena_memdup(arena, parameters, info->parameters * (int64_t)sizeof *parameters);
        return builder->node->u.elementwise.parameter ? 1 : ash_builder_no_memory(builder);
    }
    return 1;
}

/* Listed grids belong to the input's node, which lives at least as long as its users: borrowing them is safe. */
static void build(
    ash_builder *builder, ash_op op, const ash_op_descriptor *info, const ash_value operands[], const ash_number parameters[]) {
    ash_alignment al = { 0 };
    if (ash_align(builder->function, info->inputs, operands, info->input_name, &al, &builder->error) != ASH_OK) {
        return;
    }
    char weak;
    ash_value promoted[ASH_MAX_INPUTS];
    int n = split_fixed(builder, info, operands, promoted);
    ash_dtype loop = loop_dtype(builder, op, ash_promote_values(n, promoted, &weak));
    weak = n == info->inputs && info->outputs == 1 ? weak : 0; /* weak are constants only, whose values later promotions check */
    loop = loop == ASH_DTYPE_COUNT ? loop : widen_comparison(op, loop, n, promoted);
    if (loop != ASH_DTYPE_COUNT && n == info->inputs && info->outputs == 1 && all_numbers(n, operands)) {
        fold_numbers(builder, op, operands, parameters, loop);
        return;
    }
    if (loop == ASH_DTYPE_COUNT || !ash_builder_node(builder, ASH_NODE_ELEMENTWISE, info->inputs, info->outputs)) {
        return;
    }
    check_weak_integers(builder, n, promoted, loop);
    ash_node *node = builder->node;
    node->u.elementwise.function = ASH_FUNCTION_OPERATION;
    node->u.elementwise.op = op;
    node->u.elementwise.loop = loop;
    node->u.elementwise.align = ash_arena_memdup(&node->arena, al.axis, info->inputs * (int64_t)sizeof al.axis[0]);
    if (!node->u.elementwise.align) {
        ash_builder_no_memory(builder);
        return;
    }
    memcpy(node->input, operands, (size_t)info->inputs * sizeof *operands);
    if (copy_parameters(builder, info, parameters) && build_outputs(builder, op, &al, loop, weak)) {
        ash_builder_inherit(builder, promoted[0], info->keeps_attributes);
    }
}

/* Whether it is a comparison of a signed integer array with uint64, for which the common dtype, float64, is not exact. -1, or which operand is the
 * signed one. */
static int signed_operand(ash_op op, const ash_array inputs[]) {
    if (op < ASH_OP_EQUAL || op > ASH_OP_GREATER_EQUAL || ash_op_table[op].inputs != 2 || ash_op_table[op].parameters > 0) {
        return -1;
    }
    ash_builder builder = ash_builder_begin(inputs[0].context, "compare");
    ash_value value[2];
    for (int k = 0; k < 2; k++) {
        if (!ash_builder_value(&builder, inputs[k], "a", &value[k]) || ash_value_output(value[k])->weak) {
            return -1;
        }
    }
    for (int k = 0; k < 2; k++) {
        if (ash_dtype_kind(ash_value_output(value[k])->dtype) == 'i' && ash_value_output(value[1 - k])->dtype == ASH_UINT64) {
            return k;
        }
    }
    return -1;
}

/* A negative number is less than all unsigned ones; others compare as unsigned. */
static ash_array compare_signs(ash_op op, const ash_array inputs[], int k) {
    ash_array unsigned_inputs[2] = { inputs[0], inputs[1] }, zero = ash_int(inputs[k].context, 0), others;
    unsigned_inputs[k] = ash_cast(inputs[k], ASH_UINT64);
    ash_elementwise(op, unsigned_inputs, NULL, &others);
    int less = op == ASH_OP_LESS || op == ASH_OP_LESS_EQUAL, greater = op == ASH_OP_GREATER || op == ASH_OP_GREATER_EQUAL;
    int if_negative = op == ASH_OP_NOT_EQUAL || (k == 0 ? less : greater);
    /* `others` first: it has the dimensions of both, in the order that is wanted. */
    return if_negative ? ash_logical_or(others, ash_less(inputs[k], zero)) : ash_logical_and(others, ash_greater_equal(inputs[k], zero));
}

void ash_elementwise(ash_op op, const ash_array inputs[], const ash_number parameters[], ash_array outputs[]) {
    const ash_op_descriptor *info = &ash_op_table[op];
    int k_signed = signed_operand(op, inputs);
    if (k_signed >= 0) {
        outputs[0] = compare_signs(op, inputs, k_signed);
        return;
    }
    ash_builder builder = ash_builder_begin(inputs[0].context, info->name);
    for (int k = 1; k < info->inputs && !builder.context; k++) { /* any valid input knows the context */
        builder = ash_builder_begin(inputs[k].context, info->name);
    }
    ash_value operands[ASH_MAX_INPUTS];
    int found = 1;
    for (int k = 0; k < info->inputs && found; k++) {
        found = ash_builder_value(&builder, inputs[k], info->input_name[k], &operands[k]);
    }
    if (found) {
        build(&builder, op, info, operands, parameters);
    }
    outputs[0] = ash_builder_done(&builder);
    for (int k = 1; k < info->outputs; k++) {
        outputs[k] = outputs[0];
        outputs[k].output = ash_builder_ok(&builder) && outputs[0].serial > 0 ? k : 0;
    }
}

ash_array ash_unary_function(ash_builder *builder, ash_value input, ash_function function, ash_dtype result, const void *parameter,
    int64_t bytes, ash_attrs *attrs) {
    const ash_output *source = ash_value_output(input);
    if (!ash_builder_node(builder, ASH_NODE_ELEMENTWISE, 1, 1) || !ash_builder_output(builder, 0, result, source->ndim)) {
        ash_attrs_release(attrs);
        return ash_builder_done(builder);
    }
    ash_node *node = builder->node;
    node->input[0] = input;
    node->u.elementwise.function = function;
    node->u.elementwise.loop = function == ASH_FUNCTION_CAST ? result : source->dtype;
    node->u.elementwise.align = ash_arena_alloc(&node->arena, sizeof *node->u.elementwise.align);
    node->u.elementwise.parameter = parameter ? ash_arena_memdup(&node->arena, parameter, bytes) : NULL;
    node->output[0].attrs = attrs;
    if (!node->u.elementwise.align || (parameter && !node->u.elementwise.parameter)) {
        ash_builder_no_memory(builder);
        return ash_builder_done(builder);
    }
    for (int a = 0; a < source->ndim; a++) {
        node->u.elementwise.align[0][a] = (signed char)a;
        node->output[0].dim[a].axis = source->dim[a].axis;
        if (!ash_node_copy_dim(node, &node->output[0].dim[a], &source->dim[a])) {
            ash_builder_no_memory(builder);
        }
    }
    ash_builder_inherit(builder, input, 0);
    return ash_builder_done(builder);
}

ash_array ash_cast(ash_array a, ash_dtype dtype) {
    ash_builder builder = ash_builder_begin(a.context, "cast");
    ash_value input;
    if (!ash_builder_value(&builder, a, "a", &input)) {
        return ash_builder_done(&builder);
    }
    if ((int)dtype < 0 || dtype >= ASH_DTYPE_COUNT) {
        ash_fail(&builder.error, ASH_ERR_DTYPE, "cast: %d is not a dtype", (int)dtype);
        return ash_builder_done(&builder);
    }
    const ash_output *source = ash_value_output(input);
    if (source->dtype == dtype && !source->weak) {
        return a;
    }
    return ash_unary_function(&builder, input, ASH_FUNCTION_CAST, dtype, NULL, 0, ash_attrs_retain(source->attrs));
}
