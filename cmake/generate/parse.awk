# Reads lib/expr/operations.table and reductions.table into arrays; the other scripts write files from them in their END blocks.
# Columns are documented at the top of the tables.

function fail(text) {
    print FILENAME ":" FNR ": " text > "/dev/stderr"
    failed = 1
    exit 1
}

function has(words, word) {
    return index(" " words " ", " " word " ") > 0
}

# The file being written begins: one header for all of them.
function banner(comment) {
    printf "/* %s\n * Written by the build from lib/expr/operations.table and reductions.table; edit those. */\n", comment > out
}

# The documentation of kinds: "biufc" -> "every dtype".
function kind_words(kinds) {
    if (kinds == "biufc") return "every dtype"
    if (kinds == "biuf") return "bool, integers, floating"
    if (kinds == "iufc") return "integers, floating, complex"
    if (kinds == "biu") return "bool, integers"
    fail("no words for the kinds " kinds)
}

function result_words(promotion, result) {
    if (result == "bool") return "bool"
    if (promotion == "integer") text = "the common dtype (int8 for bool)"
    else if (promotion == "float") text = "floating: float32 for bool and 8- and 16-bit integers, float64 for wider ones, else the common dtype"
    else if (promotion == "divide") text = "float64 for bool and integers, else the common dtype"
    else if (promotion == "common") text = "the common dtype"
    else fail("unknown promotion " promotion)
    return result == "real" ? text ", for complex its real dtype" : text
}

/^#/ || /^[ \t]*$/ { next }

FILENAME ~ /operations\.table$/ {
    n = split($0, column, / [|] /)
    if (n < 9) fail("expected 9 columns, found " n)
    if (column[1] in op_of) fail("the operation " column[1] " stands twice")
    op = ops++
    op_of[column[1]] = op
    op_name[op] = column[1]
    op_inputs[op] = split(column[2], word, " ")
    for (i = 1; i <= op_inputs[op]; i++) op_input[op, i] = word[i]
    op_kinds[op] = column[3]
    op_promotion[op] = column[4]
    op_result[op] = column[5]
    op_outputs[op] = split(column[6], word, " ")
    for (i = 1; i <= op_outputs[op]; i++) op_output[op, i] = word[i]
    op_condition[op] = has(column[7], "condition")
    op_keeps[op] = has(column[7], "keeps")
    op_values[op] = column[8]
    for (i = 9; i < n; i++) op_values[op] = op_values[op] " | " column[i]
    op_meaning[op] = column[n]
    if (op_inputs[op] > 3 || op_outputs[op] > 2) fail("at most 3 inputs and 2 outputs")
}

FILENAME ~ /reductions\.table$/ {
    n = split($0, column, / [|] /)
    if (n != 6) fail("expected 6 columns, found " n)
    red = reductions++
    red_name[red] = column[1]
    red_kinds[red] = column[2]
    red_index[red] = has(column[3], "index")
    red_group[red] = has(column[3], "group")
    red_keeps[red] = has(column[3], "keeps")
    red_skips[red] = has(column[3], "skips")
    red_method[red] = column[4]
    red_result[red] = column[5]
    red_meaning[red] = column[6]
}
