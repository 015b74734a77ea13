# kernels/loops_<kind>.h: the elementwise loops of one kind of dtype, an include-as-template file of kernels/elementwise*.c. With once = 0 the
# loops compiled for every instruction set, with once = 1 those compiled once (marked with a star in the table).

# Finds the expression of operation `op` for the kind; "" if there is none. Sets `starred`.
function expression(op,    n, part_, i, colon, kinds) {
    n = split(op_values[op], part_, / ; /)
    for (i = 1; i <= n; i++) {
        colon = index(part_[i], ": ")
        if (colon == 0) fail("the value '" part_[i] "' of " op_name[op] " has no kinds")
        kinds = substr(part_[i], 1, colon - 1)
        if (index(kinds, kind) == 0) continue
        starred = index(kinds, "*") > 0
        return substr(part_[i], colon + 2)
    }
    return ""
}

# C types of an input and of an output.
function input_type(op, i) {
    return op_fixed[op, i] == "bool" ? "uint8_t" : op_fixed[op, i] == "int64" ? "int64_t" : "T"
}

function output_type(op, i) {
    return op_result[op, i] == "bool" || op_result[op, i] == "uint8" ? "uint8_t" : op_result[op, i] == "int64" ? "int64_t" : op_result[op, i] == "real" ? "R" : "T"
}

function loop(op, values,    i, n, value, type) {
    n = split(values, value, / , /)
    if (n != op_outputs[op]) fail(op_name[op] " has " op_outputs[op] " outputs and " n " values")
    printf "/* %s */\n", op_meaning[op] > out
    printf "static void FN(loop_%s)(int64_t n, void *const out[], const void *const in[], const void *parameter)\n{\n", op_name[op] > out
    for (i = 1; i <= op_inputs[op]; i++)
        printf "    const %s *from_%s = in[%d];\n", input_type(op, i), op_input[op, i], i - 1 > out
    for (i = 1; i <= op_outputs[op]; i++) printf "    %s *to_%s = out[%d];\n", output_type(op, i), op_output[op, i], i - 1 > out
    if (op_params[op] > 0) print "    const ash_number *number = parameter;" > out
    for (i = 1; i <= op_params[op]; i++) {
        type = op_param_type[op, i]
        printf "    const %s %s = %snumber[%d].%s;\n", type == "bool" ? "int" : param_type(type), op_param[op, i], type == "bool" ? "(int)" : "", i - 1, type == "real" ? "f" : "i" > out
        printf "    (void)%s;\n", op_param[op, i] > out
    }
    print "    (void)parameter;\n    ASH_INDEPENDENT\n    for (int64_t i = 0; i < n; i++) {" > out
    for (i = 1; i <= op_inputs[op]; i++) {
        printf "        const %s %s = from_%s[i];\n", input_type(op, i), op_input[op, i], op_input[op, i] > out
        if (index(values, op_input[op, i]) == 0) printf "        (void)%s;\n", op_input[op, i] > out
    }
    for (i = 1; i <= op_outputs[op]; i++) printf "        const %s value_%s = %s;\n", output_type(op, i), op_output[op, i], value[i] > out
    for (i = 1; i <= op_outputs[op]; i++) printf "        to_%s[i] = value_%s;\n", op_output[op, i], op_output[op, i] > out
    print "    }\n}\n" > out
}

END {
    if (failed) exit 1
    banner("Elementwise loops of kind '" kind "'" (once ? ", compiled once" : "") ". T, R, U, FN, LIBM are set by the file that includes this.")
    for (op = 0; op < ops; op++) {
        values = expression(op)
        if (values != "" && starred == once) {
            loop(op, values)
            listed[op] = 1
        }
    }
    print "static ash_block_kernel *const FN(loops)[ASH_OP_COUNT + 1] = {" > out
    for (op = 0; op < ops; op++)
        if (op in listed) printf "    [ASH_OP_%s] = FN(loop_%s),\n", toupper(op_name[op]), op_name[op] > out
    print "    [ASH_OP_COUNT] = NULL,\n};" > out
}
