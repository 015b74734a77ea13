# include/ashlar/ops.h (part = "header") and expr/ops.c (part = "source"): the public elementwise functions.

function prototype(op,    text, i) {
    text = (op_outputs[op] == 1 ? "ash_array" : "void") " ash_" op_name[op] "("
    for (i = 1; i <= op_inputs[op]; i++) text = text (i > 1 ? ", " : "") "ash_array " op_input[op, i]
    for (i = 1; i <= op_params[op]; i++) text = text ", " param_type(op_param_type[op, i]) " " op_param[op, i]
    if (op_outputs[op] > 1)
        for (i = 1; i <= op_outputs[op]; i++) text = text ", ash_array *" op_output[op, i]
    return text ")"
}

# ", and condition of every dtype"
function fixed_words(op,    text, i) {
    for (i = 1; i <= op_inputs[op]; i++)
        if (op_fixed[op, i] != "") text = text "; " op_input[op, i] " of " (op_fixed[op, i] == "bool" ? "every dtype" : "bool or integers")
    return text
}

function header(    op) {
    banner("Elementwise operations.")
    print "#ifndef ASHLAR_OPS_H\n#define ASHLAR_OPS_H\n" > out
    print "#include <ashlar/array.h>\n\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n" > out
    print "/* All of these are lazy: they add a node to the expression, which is fused with its neighbours and computed block by block when a result is asked for." > out
    print " *" > out
    print " * Shapes: named dimensions are aligned by name (extents equal, or 1; coordinates equal), anonymous ones from the right, as NumPy broadcasts." > out
    print " * Dtypes: inputs are promoted to their common dtype, see ash_dtype_promote(); of weak scalars (ash_real() and so on) only the kind counts. \"Accepts\" below is" > out
    print " * about that common dtype. An input of another dtype gives an array that carries ASH_ERR_DTYPE." > out
    print " * Values are NumPy's: integers wrap and division of integers by zero gives 0; floating operations follow IEEE 754, so NaN passes through wherever" > out
    print " * nothing else is said. Sign and payload of a NaN mean nothing, but are the same on every instruction set." > out
    print " * Comparisons are exact: of signed with unsigned integers, and with weak integers that the dtype does not hold (elsewhere those are errors)." > out
    print " * Transcendental functions of real numbers are within 1 unit in the last place (2 near an overflow, and of arguments beyond 1e18 in float32, 1e150 in" > out
    print " * float64); those of complex numbers are the C library's. Their bits are the same on all instruction sets, but on x86 processors without FMA." > out
    print " * Attributes are kept by operations that keep the meaning of their first input (absolute, clip, maximum, ...). */\n" > out
    for (op = 0; op < ops; op++) {
        printf "/* %s\n", op_meaning[op] > out
        printf " * Accepts %s%s. Gives %s. */\n", kind_words(op_kinds[op]), fixed_words(op), results_words(op) > out
        printf "ASH_API %s;\n\n", prototype(op) > out
    }
    print "#ifdef __cplusplus\n}\n#endif\n#endif" > out
}

function source(    op, i, inputs, numbers) {
    banner("The public elementwise functions: each hands its inputs to ash_elementwise().")
    print "#include \"expr/elementwise.h\"\n\n#include <ashlar/ops.h>" > out
    for (op = 0; op < ops; op++) {
        inputs = ""
        for (i = 1; i <= op_inputs[op]; i++) inputs = inputs (i > 1 ? ", " : "") op_input[op, i]
        printf "\n%s\n{\n    ash_array outputs[%d];\n", prototype(op), op_outputs[op] > out
        numbers = ""
        for (i = 1; i <= op_params[op]; i++) numbers = numbers (i > 1 ? ", " : "") "{." (op_param_type[op, i] == "real" ? "f" : "i") " = " op_param[op, i] "}"
        numbers = op_params[op] > 0 ? "(const ash_number[]){" numbers "}" : "NULL"
        printf "    ash_elementwise(ASH_OP_%s, (const ash_array[]){%s}, %s, outputs);\n", toupper(op_name[op]), inputs, numbers > out
        if (op_outputs[op] == 1) print "    return outputs[0];" > out
        else
            for (i = 1; i <= op_outputs[op]; i++) printf "    if (%s)\n        *%s = outputs[%d];\n", op_output[op, i], op_output[op, i], i - 1 > out
        print "}" > out
    }
}

END {
    if (failed) exit 1
    if (part == "header") header()
    else source()
}
