# expr/functions.c: the registry of everything that ash_apply() reaches, and the adaptors of functions.table.

function quoted(text) {
    gsub(/\\/, "\\\\", text)
    gsub(/"/, "\\\"", text)
    return "\"" text "\""
}

# An array of names: "static const char *const NAME[] = {...};"
function names(label, list, n,    i, text) {
    for (i = 1; i <= n; i++) text = text (i > 1 ? ", " : "") quoted(list[i])
    printf "static const char *const %s[] = {%s};\n", label, (n > 0 ? text : "NULL") > out
}

function add_parameter(name, type, otherwise, is_required) {
    parameters[++nparameters] = sprintf("{%s, %s, %s}", quoted(name), quoted(type), is_required ? "NULL" : quoted(otherwise))
}

function entry(kind, id, caller, name, family, inputs, optional, outputs, meaning,    i) {
    names("inputs_" name, input_list, inputs)
    names("outputs_" name, output_list, outputs)
    printf "static const ash_parameter_info parameters_%s[] = {", name > out
    for (i = 1; i <= nparameters; i++) printf "%s%s", (i > 1 ? ", " : ""), parameters[i] > out
    print (nparameters == 0 ? "{NULL, NULL, NULL}};" : "};") > out
    rows[nrows++] = sprintf("    {%s, %s, %s,\n        {.size = sizeof(ash_operation_info), .name = %s, .family = %s, .inputs = %d, .optional_inputs = %d, .outputs = %d, .parameters = %d, .repeats = %s,\n            .input = inputs_%s, .output = outputs_%s, .parameter = parameters_%s, .meaning = %s}},",
        kind, id, caller, quoted(name), quoted(family), inputs, optional, outputs, nparameters, repeats ? "true" : "false", name, name, name, quoted(meaning))
    repeats = 0
    nparameters = 0
}

function operation(op,    i) {
    for (i = 1; i <= op_inputs[op]; i++) input_list[i] = op_input[op, i]
    for (i = 1; i <= op_outputs[op]; i++) output_list[i] = op_output[op, i]
    for (i = 1; i <= op_params[op]; i++) add_parameter(op_param[op, i], op_param_type[op, i], op_param_default[op, i], op_param_default[op, i] == "")
    entry("ASH_BY_OPERATION", "ASH_OP_" toupper(op_name[op]), "NULL", op_name[op], "elementwise", op_inputs[op], 0, op_outputs[op], op_meaning[op])
}

function reduction(red, is_group) {
    input_list[1] = "a"
    input_list[2] = is_group ? "labels" : "where"
    output_list[1] = "out"
    if (is_group) add_parameter("dim", "text", "", 1)
    else add_parameter("dims", "text", "", 0)
    if (red_name[red] ~ /var|std/) add_parameter("ddof", "real", "0", 0)
    if (is_group) add_parameter("groups", "int", "0", 0)
    else {
        add_parameter("keepdims", "bool", "false", 0)
        if (red_dtype[red]) add_parameter("dtype", "text", "", 0)
        if (red_initial[red]) add_parameter("initial", "number", "", 0)
        if (red_min_count[red]) add_parameter("min_count", "int", "0", 0)
    }
    entry(is_group ? "ASH_BY_GROUP" : "ASH_BY_REDUCTION", "ASH_REDUCE_" toupper(red_name[red]), "NULL", (is_group ? "group_" : "") red_name[red],
        is_group ? "group" : "reduction", !is_group && red_index[red] ? 1 : 2, is_group || red_index[red] ? 0 : 1, 1,
        is_group ? "In each group: " red_meaning[red] : red_meaning[red])
}

# How an adaptor gets a parameter.
function declare(name, type, k) {
    if (type == "ints") return sprintf("    const int %s_count = ash_call_ints(call, %d);\n    const int64_t *%s = call->list;\n", name, k, name)
    if (type == "reals") return sprintf("    const int %s_count = ash_call_reals(call, %d);\n    const double *%s = call->reals;\n", name, k, name)
    if (type == "text") return sprintf("    const char *%s = ash_call_text(call, %d);\n", name, k)
    if (type == "int") return sprintf("    const int64_t %s = ash_call_int(call, %d);\n", name, k)
    if (type == "bool") return sprintf("    const bool %s = ash_call_int(call, %d) != 0;\n", name, k)
    if (type == "real") return sprintf("    const double %s = ash_call_real(call, %d);\n", name, k)
    if (type == "dtype") return sprintf("    const ash_dtype %s = ash_call_dtype(call, %d);\n", name, k)
    if (type == "number") return sprintf("    const ash_array %s = ash_call_number(call, %d);\n", name, k)
    fail("a parameter is text, int, real, bool, dtype, number, ints or reals, not " type)
}

function adaptor(f,    i, n, m, word, body, optional) {
    body = ""
    optional = 0
    n = fun_inputs[f] == "-" ? 0 : split(fun_inputs[f], word, " ")
    for (i = 1; i <= n; i++) {
        optional += sub(/[?]$/, "", word[i])
        repeats = sub(/[*]$/, "", word[i])
        input_list[i] = word[i]
        if (repeats) body = body sprintf("    const ash_array *%s = call->all + %d;\n    const int %s_count = call->n - %d;\n", word[i], i - 1, word[i], i - 1)
        else body = body sprintf("    const ash_array %s = call->input[%d];\n", word[i], i - 1)
    }
    output_list[1] = "out"
    m = fun_params[f] == "-" ? 0 : split(fun_params[f], word, " ")
    for (i = 1; i <= m; i++) {
        split_piece(word[i])
        add_parameter(piece_name, piece_type, piece_default == "-" ? "" : piece_default, piece_default == "")
        body = body declare(piece_name, piece_type, i - 1)
    }
    if (fun_call[f] ~ /context,/) body = body "    ash_context *context = call->context;\n"
    printf "static ash_array apply_%s(ash_call *call)\n{\n%s    return %s;\n}\n\n", fun_name[f], body, fun_call[f] > out
    entry("ASH_BY_FUNCTION", 0, "apply_" fun_name[f], fun_name[f], fun_family[f], n, optional, 1, fun_meaning[f])
}

END {
    if (failed) exit 1
    banner("The registry of operations by name.")
    print "#include \"expr/apply.h\"\n\n#include <ashlar/ashlar.h>\n#include <stddef.h>\n" > out
    for (i = 0; i < ops; i++) operation(i)
    for (i = 0; i < reductions; i++) {
        reduction(i, 0)
        if (red_group[i]) reduction(i, 1)
    }
    for (i = 0; i < functions; i++) adaptor(i)
    print "\nconst ash_registry_entry ash_registry[] = {" > out
    for (i = 0; i < nrows; i++) print rows[i] > out
    print "    {0, 0, NULL, {.name = NULL}},\n};\n" > out
    print "const char *const ash_alias_table[][2] = {" > out
    for (i = 0; i < aliases; i++) if (alias_kind[i] == "alias") printf "    {%s, %s},\n", quoted(alias_name[i]), quoted(alias_of[i]) > out
    print "    {NULL, NULL},\n};" > out
}
