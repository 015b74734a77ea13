# operations.md: the tables of operations and reductions for the manual.

function cell(text) {
    gsub(/[|]/, "\\|", text)
    return text
}

END {
    if (failed) exit 1
    print "<!-- Written by the build from lib/expr/operations.table and reductions.table; edit those. -->\n# Operations\n" > out
    print "| Function | Accepts | Gives | Meaning |\n|---|---|---|---|" > out
    for (op = 0; op < ops; op++) {
        inputs = ""
        for (i = 1; i <= op_inputs[op]; i++) inputs = inputs (i > 1 ? ", " : "") op_input[op, i]
        for (i = 1; i <= op_params[op]; i++) inputs = inputs ", " op_param[op, i]
        for (i = 1; op_outputs[op] > 1 && i <= op_outputs[op]; i++) inputs = inputs ", \\*" op_output[op, i]
        printf "| `ash_%s(%s)` | %s | %s | %s |\n", op_name[op], inputs, kind_words(op_kinds[op]), results_words(op), cell(op_meaning[op]) > out
    }
    print "\n# Reductions\n\nEach also as `ash_NAME_with(..., options)`; those with a group form also as `ash_group_NAME(a, dim, labels)` and `ash_group_NAME_with`.\n" > out
    print "| Function | Group form | CF cell method | Gives | Meaning |\n|---|---|---|---|---|" > out
    for (r = 0; r < reductions; r++)
        printf "| `ash_%s(a, dims)` | %s | %s | %s | %s |\n", red_name[r], red_group[r] ? "yes" : "no", red_method[r] == "-" ? "" : red_method[r], red_result[r], cell(red_meaning[r]) > out
}
