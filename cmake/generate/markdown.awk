# operations.md: everything that can be done with arrays, for the manual.

function cell(text) {
    gsub(/[|]/, "\\|", text)
    return text
}

function heading(text) {
    print "\n## " text "\n" > out
}

# "`multiply`, `product`" for the aliases of a name.
function aliases_of(name,    i, text) {
    for (i = 0; i < aliases; i++)
        if (alias_kind[i] == "alias" && alias_of[i] == name) text = text (text != "" ? ", " : "") "`" alias_name[i] "`"
    return text
}

function elementwise(    op, i, inputs) {
    heading("Elementwise operations")
    print "Operands are aligned and broadcast; each output has the shape that gives. Parameters stand after the operands, with their defaults in ash_apply().\n" > out
    print "| Function | Also called | Accepts | Gives | Meaning |\n|---|---|---|---|---|" > out
    for (op = 0; op < ops; op++) {
        inputs = ""
        for (i = 1; i <= op_inputs[op]; i++) inputs = inputs (i > 1 ? ", " : "") op_input[op, i]
        for (i = 1; i <= op_params[op]; i++) inputs = inputs ", " op_param[op, i] (op_param_default[op, i] != "" ? "=" op_param_default[op, i] : "")
        for (i = 1; op_outputs[op] > 1 && i <= op_outputs[op]; i++) inputs = inputs ", \\*" op_output[op, i]
        printf "| `ash_%s(%s)` | %s | %s | %s | %s |\n", op_name[op], inputs, aliases_of(op_name[op]), kind_words(op_kinds[op]), results_words(op), cell(op_meaning[op]) > out
    }
}

function reducing(    r, options) {
    heading("Reductions")
    print "Each also as `ash_NAME_with(..., options)`, with `keepdims` and `where` (not for positions) and the options named; those with a group form also as" > out
    print "`ash_group_NAME(a, dim, labels)` and `ash_group_NAME_with`.\n" > out
    print "| Function | Also called | Options | Group form | CF cell method | Gives | Meaning |\n|---|---|---|---|---|---|---|" > out
    for (r = 0; r < reductions; r++) {
        options = (red_name[r] ~ /var|std/ ? "ddof " : "") (red_dtype[r] ? "dtype " : "") (red_initial[r] ? "initial " : "") (red_min_count[r] ? "min_count" : "")
        printf "| `ash_%s(a, dims)` | %s | %s | %s | %s | %s | %s |\n", red_name[r], aliases_of(red_name[r]), options, red_group[r] ? "yes" : "no", red_method[r] == "-" ? "" : red_method[r], red_result[r], cell(red_meaning[r]) > out
    }
}

# "dim, n=1" from the columns of functions.table.
function arguments(f,    i, n, word, text, m) {
    n = fun_inputs[f] == "-" ? 0 : split(fun_inputs[f], word, " ")
    for (i = 1; i <= n; i++) text = text (i > 1 ? ", " : "") word[i]
    m = fun_params[f] == "-" ? 0 : split(fun_params[f], word, " ")
    for (i = 1; i <= m; i++) {
        split_piece(word[i])
        text = text (text != "" ? "; " : "") piece_name " " piece_type (piece_default == "-" ? " (optional)" : piece_default != "" ? "=" piece_default : "")
    }
    return text
}

function others(    f, family, known, word, i) {
    split("create file shape map names time scan lookup linalg statistics", word, " ")
    known["create"] = "Making arrays"; known["file"] = "Files"; known["shape"] = "Shape"; known["map"] = "Chunks and functions over them"; known["names"] = "Names, coordinates, attributes"
    known["time"] = "Time"; known["lookup"] = "Looking up"; known["linalg"] = "Linear algebra"; known["scan"] = "Scans and differences"; known["statistics"] = "Statistics"
    for (f = 0; f < functions; f++) if (!(fun_family[f] in known)) fail("the family " fun_family[f] " has no heading")
    for (i = 1; i <= 10; i++) {
        heading(known[word[i]])
        print "| By name | Also called | Inputs; parameters | Meaning |\n|---|---|---|---|" > out
        for (f = 0; f < functions; f++)
            if (fun_family[f] == word[i]) printf "| `%s` | %s | %s | %s |\n", fun_name[f], aliases_of(fun_name[f]), arguments(f), cell(fun_meaning[f]) > out
    }
}

# Rows of aliases.table of one kind.
function listed(kind, title, first, second,    i) {
    heading(title)
    printf "| %s | %s |\n|---|---|\n", first, second > out
    for (i = 0; i < aliases; i++) if (alias_kind[i] == kind) printf "| `%s` | %s |\n", alias_name[i], cell(alias_of[i]) > out
}

END {
    if (failed) exit 1
    print "<!-- Written by the build from the tables of lib/expr; edit those. -->\n# Operations\n" > out
    print "What can be done with arrays. All of it is reached by name too: `ash_apply(ctx, \"NAME\", n, inputs, \"parameter=value; ...\")`. The headers in `include/ashlar/` say more.\n" > out
    print "Names of NumPy and of the Python array API standard (2024.12) are known as aliases where they differ." > out
    elementwise()
    reducing()
    others()
    listed("other", "Had by other means", "Name elsewhere", "Here")
    listed("planned", "Not offered yet", "Name elsewhere", "Comes with")
    listed("never", "Not offered, because", "Name elsewhere", "Reason")
}
