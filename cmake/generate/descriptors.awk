# kernels/operations.h (part = "header") and kernels/operations.c (part = "source"): enumerators and descriptors.

function quoted(text) {
    gsub(/\\/, "\\\\", text)
    gsub(/"/, "\\\"", text)
    return "\"" text "\""
}

function header(    i) {
    banner("Operations and reductions: enumerators and what is known about each.")
    print "#ifndef ASH_KERNELS_OPERATIONS_H\n#define ASH_KERNELS_OPERATIONS_H\n\n#include <ashlar/array.h>\n" > out
    print "typedef enum ash_op {" > out
    for (i = 0; i < ops; i++) print "    ASH_OP_" toupper(op_name[i]) "," > out
    print "    ASH_OP_COUNT\n} ash_op;\n" > out
    print "typedef enum ash_reduction {" > out
    for (i = 0; i < reductions; i++) print "    ASH_REDUCE_" toupper(red_name[i]) "," > out
    print "    ASH_REDUCTION_COUNT\n} ash_reduction;\n" > out
    print "/* The dtype a loop works in, from the common dtype of the inputs (see ash_op_loop()). */" > out
    print "typedef enum ash_op_promotion { ASH_PROMOTE_COMMON, ASH_PROMOTE_INTEGER, ASH_PROMOTE_FLOAT, ASH_PROMOTE_DIVIDE, ASH_PROMOTE_DOUBLE } ash_op_promotion;\n" > out
    print "/* The dtype of an output, from the loop's dtype (see ash_op_result_dtype()). */" > out
    print "typedef enum ash_op_result { ASH_RESULT_LOOP, ASH_RESULT_BOOL, ASH_RESULT_UINT8, ASH_RESULT_INT64, ASH_RESULT_REAL } ash_op_result;\n" > out
    print "enum { ASH_MAX_INPUTS = 3, ASH_MAX_OUTPUTS = 2, ASH_MAX_PARAMETERS = 4 };\n" > out
    print "/* A number that is the same for all elements. */" > out
    print "typedef struct ash_op_parameter {" > out
    print "    const char *name;\n    char kind;             /* i int, f real, b bool: the valid member of ash_number is i, f, i */" > out
    print "    const char *otherwise; /* the default as text, NULL: must be given */\n} ash_op_parameter;\n" > out
    print "typedef struct ash_op_descriptor {" > out
    print "    const char *name;\n    int inputs, outputs, parameters;\n    const char *input_name[ASH_MAX_INPUTS];" > out
    print "    ash_dtype input_dtype[ASH_MAX_INPUTS]; /* ASH_DTYPE_COUNT: the loop's; others are not part of the common dtype */" > out
    print "    const char *output_name[ASH_MAX_OUTPUTS];\n    ash_op_result result[ASH_MAX_OUTPUTS];\n    ash_op_parameter parameter[ASH_MAX_PARAMETERS];" > out
    print "    const char *kinds; /* accepted, of the common dtype: letters of biufc */\n    ash_op_promotion promotion;" > out
    print "    int divides; /* elements are divided, or roots taken */\n    int keeps_attributes;\n    const char *meaning;\n} ash_op_descriptor;\n" > out
    print "typedef struct ash_reduction_descriptor {" > out
    print "    const char *name;\n    const char *kinds;\n    int is_index;         /* the result is a position */" > out
    print "    int has_group;        /* has a group form */\n    int keeps_attributes;\n    int skips_missing;    /* NaN counts as absent */" > out
    print "    int takes_dtype, takes_initial, takes_min_count; /* options */" > out
    print "    const char *cell_method; /* word of CF cell_methods, NULL if there is none */\n    const char *meaning;\n} ash_reduction_descriptor;\n" > out
    print "extern const ash_op_descriptor ash_op_table[]; /* ASH_OP_COUNT entries, then one without a name */" > out
    print "extern const ash_reduction_descriptor ash_reduction_table[]; /* ASH_REDUCTION_COUNT entries, then one without a name */\n" > out
    print "#endif" > out
}

# The descriptor of one operation.
function operation(i,    j) {
    printf "    [ASH_OP_%s] = {.name = %s, .inputs = %d, .outputs = %d, .parameters = %d,", toupper(op_name[i]), quoted(op_name[i]), op_inputs[i], op_outputs[i], op_params[i] > out
    for (j = 1; j <= op_inputs[i]; j++)
        printf " .input_name[%d] = %s, .input_dtype[%d] = ASH_%s,", j - 1, quoted(op_input[i, j]), j - 1, op_fixed[i, j] == "" ? "DTYPE_COUNT" : toupper(op_fixed[i, j]) > out
    for (j = 1; j <= op_outputs[i]; j++)
        printf " .output_name[%d] = %s, .result[%d] = ASH_RESULT_%s,", j - 1, quoted(op_output[i, j]), j - 1, toupper(op_result[i, j]) > out
    for (j = 1; j <= op_params[i]; j++)
        printf "\n        .parameter[%d] = {%s, '%s', %s},", j - 1, quoted(op_param[i, j]), op_param_type[i, j] == "real" ? "f" : substr(op_param_type[i, j], 1, 1),
            op_param_default[i, j] == "" ? "NULL" : quoted(op_param_default[i, j]) > out
    printf "\n        .kinds = %s, .promotion = ASH_PROMOTE_%s, .divides = %d, .keeps_attributes = %d,\n", quoted(op_kinds[i]), toupper(op_promotion[i]), op_divides[i], op_keeps[i] > out
    printf "        .meaning = %s},\n", quoted(op_meaning[i]) > out
}

function source(    i) {
    banner("The descriptors of operations and reductions.")
    print "#include \"kernels/operations.h\"\n\n#include <stddef.h>\n" > out
    print "const ash_op_descriptor ash_op_table[] = {" > out
    for (i = 0; i < ops; i++) operation(i)
    print "    [ASH_OP_COUNT] = {.name = NULL},\n};\n" > out
    print "const ash_reduction_descriptor ash_reduction_table[] = {" > out
    for (i = 0; i < reductions; i++) {
        printf "    [ASH_REDUCE_%s] = {.name = %s, .kinds = %s", toupper(red_name[i]), quoted(red_name[i]), quoted(red_kinds[i]) > out
        printf ", .is_index = %d, .has_group = %d, .keeps_attributes = %d, .skips_missing = %d", red_index[i], red_group[i], red_keeps[i], red_skips[i] > out
        printf ", .takes_dtype = %d, .takes_initial = %d, .takes_min_count = %d", red_dtype[i], red_initial[i], red_min_count[i] > out
        printf ",\n        .cell_method = %s,\n", red_method[i] == "-" ? "NULL" : quoted(red_method[i]) > out
        printf "        .meaning = %s},\n", quoted(red_meaning[i]) > out
    }
    print "    [ASH_REDUCTION_COUNT] = {.name = NULL},\n};" > out
}

END {
    if (failed) exit 1
    if (part == "header") header()
    else source()
}
