# Reads the tables of lib/expr into arrays; the other scripts write files from them in their END blocks.
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
    if (kinds == "iu") return "integers"
    fail("no words for the kinds " kinds)
}

# C types of parameters.
function param_type(type) {
    return type == "int" ? "int64_t" : type == "real" ? "double" : "bool"
}

# What the outputs are: "bool", or "the common dtype, int64" for two that differ.
function results_words(op,    text) {
    text = result_words(op_promotion[op], op_result[op, 1])
    if (op_outputs[op] == 2 && op_result[op, 2] != op_result[op, 1]) text = text "; " op_output[op, 2] ": " result_words(op_promotion[op], op_result[op, 2])
    return text
}

function result_words(promotion, result,    text) {
    if (result == "bool" || result == "uint8" || result == "int64") return result
    if (promotion == "integer") text = "the common dtype (int8 for bool)"
    else if (promotion == "float") text = "floating: float32 for bool and 8- and 16-bit integers, float64 for wider ones, else the common dtype"
    else if (promotion == "divide") text = "float64 for bool and integers, else the common dtype"
    else if (promotion == "double") text = "float64 (complex128 for complex)"
    else if (promotion == "common") text = "the common dtype"
    else fail("unknown promotion " promotion)
    return result == "real" ? text ", for complex its real dtype" : text
}

/^#/ || /^[ \t]*$/ { next }

# "name:type=default" -> piece_name, piece_type, piece_default; what is missing is "".
function split_piece(text,    at) {
    piece_default = ""
    piece_type = ""
    if ((at = index(text, "=")) > 0) {
        piece_default = substr(text, at + 1)
        text = substr(text, 1, at - 1)
    }
    if ((at = index(text, ":")) > 0) {
        piece_type = substr(text, at + 1)
        text = substr(text, 1, at - 1)
    }
    piece_name = text
}

FILENAME ~ /operations\.table$/ {
    n = split($0, column, / [|] /)
    if (n < 10) fail("expected 10 columns, found " n)
    if (column[1] in op_of) fail("the operation " column[1] " stands twice")
    op = ops++
    op_of[column[1]] = op
    op_name[op] = column[1]
    op_inputs[op] = split(column[2], word, " ")
    for (i = 1; i <= op_inputs[op]; i++) {
        split_piece(word[i])
        op_input[op, i] = piece_name
        op_fixed[op, i] = piece_type # "": the loop's dtype
        if (piece_type != "" && piece_type != "bool" && piece_type != "int64") fail("an input is bool or int64 or of the loop's dtype, not " piece_type)
    }
    op_params[op] = column[3] == "-" ? 0 : split(column[3], word, " ")
    for (i = 1; i <= op_params[op]; i++) {
        split_piece(word[i])
        op_param[op, i] = piece_name
        op_param_type[op, i] = piece_type
        op_param_default[op, i] = piece_default # "": required
        if (piece_type != "int" && piece_type != "real" && piece_type != "bool") fail("a parameter is int, real or bool, not " piece_type)
    }
    op_kinds[op] = column[4]
    op_promotion[op] = column[5]
    op_outputs[op] = split(column[7], word, " ")
    results = split(column[6], result_word, " ")
    if (results != 1 && results != op_outputs[op]) fail("expected 1 result or one for each output")
    for (i = 1; i <= op_outputs[op]; i++) {
        op_output[op, i] = word[i]
        op_result[op, i] = result_word[results == 1 ? 1 : i]
    }
    op_keeps[op] = has(column[8], "keeps")
    op_divides[op] = has(column[8], "divides")
    op_values[op] = column[9]
    for (i = 10; i < n; i++) op_values[op] = op_values[op] " | " column[i]
    op_meaning[op] = column[n]
    if (op_inputs[op] > 3 || op_outputs[op] > 2 || op_params[op] > 4) fail("at most 3 inputs, 2 outputs and 4 parameters")
}

FILENAME ~ /functions\.table$/ {
    n = split($0, column, / [|] /)
    if (n != 6) fail("expected 6 columns, found " n)
    fun = functions++
    fun_name[fun] = column[1]
    fun_family[fun] = column[2]
    fun_inputs[fun] = column[3]
    fun_params[fun] = column[4]
    fun_call[fun] = column[5]
    fun_meaning[fun] = column[6]
}

FILENAME ~ /aliases\.table$/ {
    n = split($0, column, / [|] /)
    if (n != 3) fail("expected 3 columns, found " n)
    row = aliases++
    alias_kind[row] = column[1]
    alias_name[row] = column[2]
    alias_of[row] = column[3]
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
    red_dtype[red] = has(column[3], "dtype")
    red_initial[red] = has(column[3], "initial")
    red_min_count[red] = has(column[3], "min_count")
    red_method[red] = column[4]
    red_result[red] = column[5]
    red_meaning[red] = column[6]
}
