# The generated part of the Fortran module: part = "elementwise", "reductions", "operators", "buffers" write modules; part = "test" writes a program
# that calls every function once. In C's sense, every ash_<name> of the tables has a Fortran function of that name; some extend an intrinsic too.

function begin(module, comment,    word, n, i) {
    printf "!> %s\n!! Written by the build from lib/expr/operations.table and reductions.table; edit those.\nmodule %s\n", comment, module > out
    print "    use, intrinsic :: iso_c_binding" > out
    print "    use, intrinsic :: iso_fortran_env, only: int8, int16, int32, int64, real32, real64" > out
    print "    use ashlar_c" > out
    print "    use ashlar_core" > out
}

# ---- Elementwise operations ----

function c_param_type(type) {
    return type == "int" ? "integer(c_int64_t)" : type == "real" ? "real(c_double)" : "logical(c_bool)"
}

function f_param_type(type) {
    return type == "int" ? "integer" : type == "real" ? "real(real64)" : "logical"
}

function converted(type, name) {
    return type == "int" ? "int(" name ", c_int64_t)" : type == "real" ? "real(" name ", c_double)" : "logical(" name ", c_bool)"
}

# A default of the table as Fortran writes it.
function f_default(type, text) {
    if (type == "int") return text "_c_int64_t"
    if (type == "bool") return text == "true" ? ".true._c_bool" : ".false._c_bool"
    if (text == "inf") return "ieee_value(1.0_c_double, ieee_positive_inf)"
    if (text == "-inf") return "ieee_value(1.0_c_double, ieee_negative_inf)"
    if (text == "nan") return "ieee_value(1.0_c_double, ieee_quiet_nan)"
    return text "_c_double"
}

# "a, b, decimals, quotient": the arguments in C's order, with `suffix` after the names of arrays.
function arguments(op, outputs,    text, i) {
    for (i = 1; i <= op_inputs[op]; i++) text = text (i > 1 ? ", " : "") op_input[op, i]
    if (outputs == "last")
        for (i = 1; i <= op_params[op]; i++) text = text ", " op_param[op, i]
    if (op_outputs[op] > 1)
        for (i = 1; i <= op_outputs[op]; i++) text = text ", " op_output[op, i]
    if (outputs != "last")
        for (i = 1; i <= op_params[op]; i++) text = text ", " op_param[op, i]
    return text
}

function elementwise_interface(op,    many, i) {
    many = op_outputs[op] > 1
    printf "        %s c_%s(%s) bind(C, name='ash_%s')%s\n", many ? "subroutine" : "function", op_name[op], arguments(op, "last"), op_name[op],
        many ? "" : " result(out)" > out
    print "            import :: c_array, c_int64_t, c_double, c_bool" > out
    for (i = 1; i <= op_inputs[op]; i++) printf "            type(c_array), value :: %s\n", op_input[op, i] > out
    for (i = 1; i <= op_params[op]; i++) printf "            %s, value :: %s\n", c_param_type(op_param_type[op, i]), op_param[op, i] > out
    if (many)
        for (i = 1; i <= op_outputs[op]; i++) printf "            type(c_array), intent(out) :: %s\n", op_output[op, i] > out
    else print "            type(c_array) :: out" > out
    printf "        end %s\n", many ? "subroutine" : "function" > out
}

# With several inputs each may be a number; then the arrays' context makes a weak scalar of it.
function elementwise_wrapper(op,    many, i, call, names) {
    many = op_outputs[op] > 1
    printf "\n    !> %s\n", op_meaning[op] > out
    printf "    %s ash_%s(%s)%s\n", many ? "subroutine" : "function", op_name[op], arguments(op, "first"), many ? "" : " result(out)" > out
    for (i = 1; i <= op_inputs[op]; i++) {
        printf("        %s, intent(in) :: %s\n", (op_inputs[op] > 1 ? "class(*)" : "type(ash_array)"), op_input[op, i]) > out
        call = call (i > 1 ? ", &\n            " : "") (op_inputs[op] > 1 ? "handle_of(ash_c, " op_input[op, i] ")" : op_input[op, i] "%handle")
        names = names (i > 1 ? ", " : "") op_input[op, i]
    }
    for (i = 1; i <= op_params[op]; i++)
        printf("        %s, intent(in)%s :: %s\n", f_param_type(op_param_type[op, i]), (op_param_default[op, i] != "" ? ", optional" : ""), op_param[op, i]) > out
    for (i = 1; i <= op_outputs[op]; i++) printf "        type(ash_array)%s :: %s\n", many ? ", intent(out)" : "", op_output[op, i] > out
    if (op_inputs[op] > 1) print "        type(c_ptr) :: ash_c" > out
    for (i = 1; i <= op_params[op]; i++) {
        printf "        %s :: ash_p%d\n", c_param_type(op_param_type[op, i]), i > out
        call = call ", ash_p" i
    }
    print "" > out
    if (op_inputs[op] > 1) printf "        ash_c = context_of(%s)\n", names > out
    for (i = 1; i <= op_params[op]; i++) {
        if (op_param_default[op, i] != "") {
            printf "        ash_p%d = %s\n", i, f_default(op_param_type[op, i], op_param_default[op, i]) > out
            printf "        if (present(%s)) ", op_param[op, i] > out
        } else printf "        " > out
        printf "ash_p%d = %s\n", i, converted(op_param_type[op, i], op_param[op, i]) > out
    }
    if (many) {
        for (i = 1; i <= op_outputs[op]; i++) call = call ", " op_output[op, i] "%handle"
        printf "        call c_%s(%s)\n    end subroutine\n", op_name[op], call > out
    } else printf "        out%%handle = c_%s(%s)\n    end function\n", op_name[op], call > out
}

# Operations of one input that extend an intrinsic function of the same meaning, and those of two whose first argument is then an array.
function intrinsics(    i, n, word, pair) {
    n = split("absolute:abs sqrt:sqrt exp:exp log:log log10:log10 sin:sin cos:cos tan:tan asin:asin acos:acos atan:atan sinh:sinh cosh:cosh tanh:tanh " \
        "asinh:asinh acosh:acosh atanh:atanh floor:floor ceil:ceiling trunc:aint real_part:real imag_part:aimag conj:conjg bitwise_not:not " \
        "bitwise_count:popcnt", word, " ")
    for (i = 1; i <= n; i++) {
        split(word[i], pair, ":")
        if (pair[1] in op_of) printf "    interface %s\n        procedure :: ash_%s\n    end interface\n    public :: %s\n", pair[2], pair[1], pair[2] > out
    }
    binaries = split("atan2:atan2 hypot:hypot fmod:mod remainder:modulo maximum:max minimum:min bitwise_and:iand bitwise_or:ior bitwise_xor:ieor", binary, " ")
    for (i = 1; i <= binaries; i++) {
        split(binary[i], pair, ":")
        printf "    interface %s\n        procedure :: array_%s\n    end interface\n    public :: %s\n", pair[2], pair[2], pair[2] > out
    }
    print "    interface merge\n        procedure :: array_merge\n    end interface\n    public :: merge\n" > out
}

function binary_intrinsics(    i, pair) {
    for (i = 1; i <= binaries; i++) {
        split(binary[i], pair, ":")
        printf "\n    function array_%s(a, b) result(out)\n        type(ash_array), intent(in) :: a\n        class(*), intent(in) :: b\n", pair[2] > out
        printf "        type(ash_array) :: out\n\n        out = ash_%s(a, b)\n    end function\n", pair[1] > out
    }
    print "\n    function array_merge(tsource, fsource, mask) result(out)\n        class(*), intent(in) :: tsource, fsource" > out
    print "        type(ash_array), intent(in) :: mask\n        type(ash_array) :: out\n\n        out = ash_where(mask, tsource, fsource)\n    end function" > out
}

function elementwise(    op) {
    begin("ashlar_elementwise", "The elementwise operations.")
    print "    use, intrinsic :: ieee_arithmetic, only: ieee_value, ieee_positive_inf, ieee_negative_inf, ieee_quiet_nan\n    implicit none\n    private\n" > out
    for (op = 0; op < ops; op++) printf "    public :: ash_%s\n", op_name[op] > out
    intrinsics()
    print "    interface" > out
    for (op = 0; op < ops; op++) elementwise_interface(op)
    print "    end interface\n\ncontains" > out
    for (op = 0; op < ops; op++) elementwise_wrapper(op)
    binary_intrinsics()
    print "end module" > out
}

# ---- Reductions ----

# "dtype initial min_count": the options that this reduction takes, of its arguments.
function reduce_words(red, group,    text) {
    text = group ? "groups" : "mask keepdims"
    if (red_name[red] ~ /(var|std)$/) text = text " ddof"
    if (!group && red_dtype[red]) text = text " dtype"
    if (!group && red_initial[red]) text = text " initial"
    if (!group && red_min_count[red]) text = text " min_count"
    return text
}

function reduce_declare(words,    n, i, word, of) {
    of["groups"] = of["min_count"] = of["dtype"] = "integer"
    of["keepdims"] = "logical"
    of["mask"] = "type(ash_array)"
    of["initial"] = "class(*)"
    of["ddof"] = "integer"
    n = split(words, word, " ")
    for (i = 1; i <= n; i++) printf "        %s, intent(in), optional :: %s\n", of[word[i]], word[i] > out
}

function reduce_fill(words,    n, i, word) {
    n = split(words, word, " ")
    print "        o%size = c_sizeof(o)" > out
    for (i = 1; i <= n; i++) {
        printf "        if (present(%s)) ", word[i] > out
        if (word[i] == "keepdims") print "o%keepdims = logical(keepdims, c_bool)" > out
        else if (word[i] == "mask") print "o%where = mask%handle" > out
        else if (word[i] == "ddof") print "o%ddof = real(ddof, c_double)" > out
        else if (word[i] == "dtype") print "o%dtype = c_dtype_name(int(dtype, c_int))" > out
        else if (word[i] == "initial") print "o%initial = handle_of(a%handle%context, initial)" > out
        else printf "o%%%s = int(%s, c_int64_t)\n", word[i], word[i] > out
    }
}

# The form that takes dimensions as text, and the one that takes a dimension number.
function reduction(name, words, group,    list, by, labels) {
    list = words
    gsub(/ /, ", ", list)
    labels = group ? ", labels" : ""
    by = group ? "dim" : "dims"
    printf "\n    function %s_by_text(a, %s%s, %s) result(out)\n        type(ash_array), intent(in) :: a%s\n", name, by, labels, list, labels > out
    printf "        character(*), intent(in)%s :: %s\n", group ? "" : ", optional", by > out
    reduce_declare(words)
    print "        type(ash_array) :: out\n        character(kind=c_char), allocatable, target :: text(:)\n        type(c_reduce_options) :: o\n" > out
    reduce_fill(words)
    printf "        out%%handle = c_%s(a%%handle, c_text(text, %s)%s, o)\n    end function\n", name, by, group ? ", labels%handle" : "" > out

    printf "\n    function %s_by_number(a, dim%s, %s) result(out)\n        type(ash_array), intent(in) :: a%s\n        integer, intent(in) :: dim\n", name, labels, list, labels > out
    reduce_declare(words)
    printf "        type(ash_array) :: out\n\n        out = %s_by_text(a, axis_text(a, dim)%s, %s)\n    end function\n", name, labels, list > out
}

function reduce_interface(name, group) {
    printf "        function c_%s(a, dims%s, options) bind(C, name='ash_%s_with') result(out)\n", name, group ? ", labels" : "", name > out
    printf "            import :: c_array, c_ptr, c_reduce_options\n            type(c_array), value :: a%s\n", group ? ", labels" : "" > out
    print "            type(c_ptr), value :: dims\n            type(c_reduce_options), intent(in) :: options\n            type(c_array) :: out\n        end function" > out
}

function generic(name, specific) {
    printf "    interface %s\n        procedure :: %s_by_text, %s_by_number\n    end interface\n    public :: %s\n", name, specific, specific, name > out
}

function reductions_module(    red, i, n, word, pair) {
    begin("ashlar_reductions", "The reductions: by dimensions as text ('time', 'lat,lon') or by Fortran's dimension number.")
    print "    implicit none\n    private\n" > out
    for (red = 0; red < reductions; red++) {
        generic("ash_" red_name[red], red_name[red])
        if (red_group[red]) generic("ash_group_" red_name[red], "group_" red_name[red])
    }
    n = split("sum:sum prod:product max:maxval min:minval any:any all:all count_nonzero:count mean:mean var:var std:std", word, " ")
    for (i = 1; i <= n; i++) {
        split(word[i], pair, ":")
        generic(pair[2], pair[1])
    }
    print "    interface" > out
    for (red = 0; red < reductions; red++) {
        reduce_interface(red_name[red], 0)
        if (red_group[red]) reduce_interface("group_" red_name[red], 1)
    }
    print "    end interface\n\ncontains" > out
    for (red = 0; red < reductions; red++) {
        printf "\n    !> %s\n", red_meaning[red] > out
        reduction(red_name[red], reduce_words(red, 0), 0)
        if (red_group[red]) reduction("group_" red_name[red], reduce_words(red, 1), 1)
    }
    print "end module" > out
}

# ---- Operators ----

function operator_function(name, function_name, left, right) {
    printf "\n    function %s(a, b) result(out)\n        %s, intent(in) :: a\n        %s, intent(in) :: b\n        type(ash_array) :: out\n\n", name, left, right > out
    if (function_name == "equivalent") print "        out = ash_logical_not(ash_logical_xor(a, b))\n    end function" > out
    else printf "        out = ash_%s(a, b)\n    end function\n", function_name > out
}

function operators_module(    n, i, j, pair, word, kinds, kind, numbers, logicals, names) {
    begin("ashlar_operators", "Operators between arrays, and between arrays and numbers on either side.")
    print "    use ashlar_elementwise\n    implicit none\n    private\n" > out
    n = split("add:+ sub:- mul:* div:/ pow:** equal:== not_equal:/= less:< less_equal:<= greater:> greater_equal:>= " \
        "logical_and:.and. logical_or:.or. logical_xor:.neqv. equivalent:.eqv.", word, " ")
    numbers = "integer(int32)|integer(int64)|real(real32)|real(real64)|complex(real32)|complex(real64)"
    logicals = "logical|logical(c_bool)"
    for (i = 1; i <= n; i++) {
        split(word[i], pair, ":")
        kinds = split(pair[2] ~ /^\./ ? logicals : numbers, kind, "|")
        names = pair[1] "_aa"
        if (pair[1] == "sub") names = names ", ash_negative"
        if (pair[1] == "add") names = names ", ash_positive"
        for (j = 1; j <= kinds; j++) names = names ", &\n            " pair[1] "_a" j ", " pair[1] "_" j "a"
        printf "    interface operator(%s)\n        procedure :: %s\n    end interface\n    public :: operator(%s)\n", pair[2], names, pair[2] > out
    }
    print "    interface operator(.not.)\n        procedure :: ash_logical_not\n    end interface\n    public :: operator(.not.)\n\ncontains" > out
    for (i = 1; i <= n; i++) {
        split(word[i], pair, ":")
        kinds = split(pair[2] ~ /^\./ ? logicals : numbers, kind, "|")
        operator_function(pair[1] "_aa", pair[1], "type(ash_array)", "type(ash_array)")
        for (j = 1; j <= kinds; j++) {
            operator_function(pair[1] "_a" j, pair[1], "type(ash_array)", kind[j])
            operator_function(pair[1] "_" j "a", pair[1], kind[j], "type(ash_array)")
        }
    }
    print "end module" > out
}

# ---- The program's own memory ----

function buffers_module(    n, i, word, pair) {
    begin("ashlar_buffers", "Arrays over the program's memory, and results into it: variables of any rank and of every kind that a dtype has.")
    print "    use ashlar_arrays, only: from_memory, compute_into\n    implicit none\n    private\n" > out
    n = split("logical(c_bool):BOOL integer(int8):INT8 integer(int16):INT16 integer(int32):INT32 integer(int64):INT64 real(real32):FLOAT32 " \
        "real(real64):FLOAT64 complex(real32):COMPLEX64 complex(real64):COMPLEX128", word, " ")
    for (i = 1; i <= n; i++) {
        split(word[i], pair, ":")
        printf "    interface ash_from_buffer\n        procedure :: from_%s\n    end interface\n", tolower(pair[2]) > out
        printf "    interface ash_compute\n        procedure :: compute_%s\n    end interface\n", tolower(pair[2]) > out
    }
    print "    public :: ash_from_buffer, ash_compute\n\ncontains" > out
    for (i = 1; i <= n; i++) {
        split(word[i], pair, ":")
        printf "\n    function from_%s(context, data, dims, chunks) result(out)\n        type(ash_context), intent(in) :: context\n", tolower(pair[2]) > out
        printf "        %s, intent(in), target :: data(..)\n        character(*), intent(in), optional :: dims, chunks\n        type(ash_array) :: out\n\n", pair[1] > out
        printf "        out = from_memory(context, ASH_%s, shape(data, int64), is_contiguous(data), c_loc(data), dims, chunks)\n    end function\n", pair[2] > out
        printf "\n    subroutine compute_%s(a, data, status)\n        type(ash_array), intent(in) :: a\n        %s, intent(inout), target :: data(..)\n", tolower(pair[2]), pair[1] > out
        print "        integer, intent(out), optional :: status\n" > out
        printf "        call compute_into(a, ASH_%s, shape(data, int64), is_contiguous(data), c_loc(data), status)\n    end subroutine\n", pair[2] > out
    }
    print "end module" > out
}

# ---- The test: every function once, compared with ash_apply of the same name ----

function test_operation(op,    i, list, kind, expected) {
    kind = index(op_kinds[op], "f") ? "field" : "whole"
    for (i = 1; i <= op_inputs[op]; i++) {
        expected = op_fixed[op, i] == "bool" ? "truth" : op_fixed[op, i] == "int64" ? "whole(1)" : kind "(" i ")"
        list = list (i > 1 ? ", " : "") expected
    }
    if (op_outputs[op] == 1) printf "    call same('%s', ash_%s(%s), ash_apply(ctx, '%s', [%s]))\n", op_name[op], op_name[op], list, op_name[op], list > out
    else {
        printf "    call ash_apply_many(ctx, '%s', [%s], two)\n    call ash_%s(%s, first, second)\n", op_name[op], list, op_name[op], list > out
        printf "    call same('%s, 1', first, two(1))\n    call same('%s, 2', second, two(2))\n", op_name[op], op_name[op] > out
    }
}

function test_reduction(name, label, params) {
    printf "    call same('%s', ash_%s(field(1), 'y'%s), ash_apply(ctx, '%s', [field(1)%s], %s\"'y'\"))\n", name, name, label, name, label, params > out
    printf "    call same('%s, by number', ash_%s(field(1), 2%s), ash_apply(ctx, '%s', [field(1)%s], %s\"'y'\"))\n", name, name, label, name, label, params > out
}

function test_program(    op, red) {
    print "! Every function of the tables once, compared with ash_apply.\n! Written by the build from lib/expr/operations.table and reductions.table." > out
    print "program every_operation\n    use ashlar\n    use checking\n    implicit none\n    type(ash_context) :: ctx" > out
    print "    type(ash_array) :: field(3), whole(3), truth, labels, first, second, two(2)\n" > out
    print "    call begin_comparing(ctx, field, whole, truth, labels)" > out
    for (op = 0; op < ops; op++) test_operation(op)
    for (red = 0; red < reductions; red++) {
        test_reduction(red_name[red], "", "'dims='//")
        if (red_group[red]) test_reduction("group_" red_name[red], ", labels", "'dim='//")
    }
    print "    call end_comparing(ctx)\nend program" > out
}

END {
    if (failed) exit 1
    if (part == "elementwise") elementwise()
    else if (part == "reductions") reductions_module()
    else if (part == "operators") operators_module()
    else if (part == "buffers") buffers_module()
    else test_program()
}
