# The generated part of the Fortran module: part = "elementwise", "reductions", "functions", "operators", "buffers", "views" write modules; part = "test"
# writes a program that calls every function once. In C's sense, every ash_<name> of the tables has a Fortran function of that name; some extend an intrinsic too.

function begin(module, comment,    word, n, i) {
    printf "!> %s\n!! Written by the build from the tables of lib/expr; edit those.\nmodule %s\n", comment, module > out
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

# ---- Functions of functions.table, but for those that are written by hand ----

function by_hand(f) {
    return fun_family[f] ~ /^(create|file)$/ || has("index sel transpose squeeze reshape rechunk group_take set_dims set_coord coord drop_coords set_attr time_field " \
        "map_blocks map_overlap delayed", fun_name[f])
}

# "put_int integer": how a parameter becomes text, and what it is in Fortran. Extents and axes are turned into C's order.
function put_of(name, type) {
    if (type == "text" && name ~ /^dims?$/) return "put_dim class(*)"
    if (type == "text" && name == "dtype") return "put_dtype integer"
    if (type == "text") return "put_text character(*)"
    if (type == "int" && name == "axis") return "put_axis integer"
    if (type == "int") return "put_int integer"
    if (type == "real") return "put_real real(real64)"
    if (type == "bool") return "put_bool logical"
    if (type == "number") return "put_number class(*)"
    if (type == "reals") return "put_reals real(real64)"
    if (type == "ints") return (name ~ /^(shape|counts)$/ ? "put_extents" : "put_ints") " class(*)"
    fail("no Fortran type for a parameter that is " type)
}

# The inputs of ash_apply, in C's order: those of products are turned around, so that they mean what Fortran means.
function handles(f, n, word, last,    i, text) {
    if (fun_family[f] == "linalg") return "[b, a]"
    for (i = 1; i <= last; i++) text = text (i > 1 ? ", " : "") word[i]
    return "[" text "]"
}

function table_function(f,    i, n, m, word, piece, of, list, names, optional, body, declared, turned) {
    n = split(fun_inputs[f], word, " ")
    optional = sub(/[?]$/, "", word[n])
    repeated = sub(/[*]$/, "", word[n])
    for (i = 1; i <= n; i++) {
        list = list (i > 1 ? ", " : "") word[i]
        declared = declared sprintf("        type(ash_array), intent(in)%s :: %s%s\n", optional && i == n ? ", optional" : "", word[i], repeated && i == n ? "(:)" : "")
    }
    m = fun_params[f] == "-" ? 0 : split(fun_params[f], piece, " ")
    for (i = 1; i <= m; i++) {
        split_piece(piece[i])
        split(put_of(piece_name, piece_type), of, " ")
        names = piece_name == "axis" ? "dim" : piece_name
        list = list ", " names
        declared = declared sprintf("        %s, intent(in)%s :: %s%s\n", of[2], piece_default != "" ? ", optional" : "", names, piece_type ~ /s$/ ? "(:)" : "")
        turned = fun_family[f] != "linalg" ? piece_name : piece_name == "dims_a" ? "dims_b" : "dims_a"
        body = body sprintf("        call %s(ash_params, %s%s)\n", of[1], of[1] == "put_axis" ? "" : "'" turned "', " (of[1] == "put_dim" ? (repeated && n == 1 ? "first_of(" word[1] ")" : word[1]) ", " : ""), names)
    }
    printf "\n    !> %s\n    function ash_%s(%s) result(out)\n%s", fun_meaning[f], fun_name[f], list, declared > out
    printf "        type(ash_array) :: out\n        character(:), allocatable :: ash_params\n\n        ash_params = ''\n%s", body > out
    if (optional) printf "        if (.not. present(%s)) then\n            out = apply_text('%s', %s, ash_params)\n            return\n        end if\n", word[n], fun_name[f], handles(f, n, word, n - 1) > out
    printf "        out = apply_text('%s', %s, ash_params)\n    end function\n", fun_name[f], handles(f, n, word, n) > out
}

function functions_module(    f) {
    begin("ashlar_functions", "Functions that are neither elementwise operations nor reductions, by way of ash_apply.")
    print "    use ashlar_params\n    implicit none\n    private\n" > out
    for (f = 0; f < functions; f++) if (!by_hand(f)) printf "    public :: ash_%s\n", fun_name[f] > out
    print "    interface matmul\n        procedure :: ash_matmul\n    end interface\n    public :: matmul\n\ncontains" > out
    for (f = 0; f < functions; f++) if (!by_hand(f)) table_function(f)
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

# "logical(c_bool):BOOL": kinds of Fortran's, and the dtypes that they are.
function kinds_of(kind) {
    return split("logical(c_bool):BOOL integer(int8):INT8 integer(int16):INT16 integer(int32):INT32 integer(int64):INT64 real(real32):FLOAT32 " \
        "real(real64):FLOAT64 complex(real32):COMPLEX64 complex(real64):COMPLEX128", kind, " ")
}

# What is done with a variable of the program: all that the functions that do it need to know.
function variable_facts(dtype) {
    return sprintf("ASH_%s, shape(data, int64), is_contiguous(data), c_loc(data)", dtype)
}

function buffers_module(    n, i, word, pair, name) {
    begin("ashlar_buffers", "Arrays over the program's memory, and results into it: variables of any rank and of every kind that a dtype has.")
    print "    use ashlar_options, only: ash_run_options\n    use ashlar_arrays, only: from_memory, compute_into" > out
    print "    use ashlar_runs, only: ash_target, target_of\n    use ashlar_futures, only: ash_future, result_into\n    implicit none\n    private\n" > out
    n = kinds_of(word)
    for (i = 1; i <= n; i++) {
        split(word[i], pair, ":")
        name = tolower(pair[2])
        printf "    interface ash_from_buffer\n        procedure :: from_%s\n    end interface\n", name > out
        printf "    interface ash_compute\n        procedure :: compute_%s\n    end interface\n", name > out
        printf "    interface ash_into\n        procedure :: into_%s\n    end interface\n", name > out
        printf "    interface ash_future_result\n        procedure :: result_%s\n    end interface\n", name > out
    }
    print "    public :: ash_from_buffer, ash_compute, ash_into, ash_future_result\n\ncontains" > out
    for (i = 1; i <= n; i++) {
        split(word[i], pair, ":")
        name = tolower(pair[2])
        printf "\n    function from_%s(context, data, dims, chunks) result(out)\n        type(ash_context), intent(in) :: context\n", name > out
        printf "        %s, intent(in), target :: data(..)\n        character(*), intent(in), optional :: dims, chunks\n        type(ash_array) :: out\n\n", pair[1] > out
        printf "        out = from_memory(context, %s, dims, chunks)\n    end function\n", variable_facts(pair[2]) > out
        printf "\n    subroutine compute_%s(a, data, status, options)\n        type(ash_array), intent(in) :: a\n        %s, intent(inout), target :: data(..)\n", name, pair[1] > out
        print "        integer, intent(out), optional :: status\n        type(ash_run_options), intent(in), optional :: options\n" > out
        printf "        call compute_into(a, %s, status, options)\n    end subroutine\n", variable_facts(pair[2]) > out
        printf "\n    function into_%s(a, data) result(out)\n        type(ash_array), intent(in) :: a\n        %s, intent(in), target :: data(..)\n", name, pair[1] > out
        printf "        type(ash_target) :: out\n\n        out = target_of(a, %s)\n    end function\n", variable_facts(pair[2]) > out
        printf "\n    subroutine result_%s(future, data, status)\n        type(ash_future), intent(in) :: future\n        %s, intent(inout), target :: data(..)\n", name, pair[1] > out
        print "        integer, intent(out), optional :: status\n" > out
        printf "        call result_into(future, %s, status)\n    end subroutine\n", variable_facts(pair[2]) > out
    }
    print "end module" > out
}

# ---- Blocks as arrays ----

# "(block%lower(1):, block%lower(2):)"; "(:,:)" for a declaration.
function bounds(rank, declaration,    d, text) {
    for (d = 1; d <= rank; d++) text = text (d > 1 ? ", " : "") (declaration ? ":" : "block%lower(" d "):")
    return rank == 0 ? "" : "(" text ")"
}

function view(kind, dtype, rank,    name) {
    name = tolower(dtype) "_" rank
    printf "\n    subroutine view_%s(block, x)\n        type(ash_block), intent(in) :: block\n        %s, pointer, intent(out) :: x%s\n", name, kind, bounds(rank, 1) > out
    if (rank > 0) printf "        %s, pointer :: memory%s\n", kind, bounds(rank, 1) > out
    printf "\n        x => null()\n        if (.not. fits_view(block, ASH_%s, %d)) return\n", dtype, rank > out
    if (rank == 0) print "        call c_f_pointer(block%data, x)" > out
    else printf "        call c_f_pointer(block%%data, memory, view_extents(block))\n        x%s => memory\n", bounds(rank, 0) > out
    print "    end subroutine" > out
}

function views_module(    n, i, rank, word, pair) {
    begin("ashlar_views", "Blocks that functions of the program's are called with, as Fortran arrays; not associated where kind or rank are others.")
    print "    use ashlar_custom, only: ash_block, fits_view, view_extents\n    implicit none\n    private\n    public :: ash_view\n\n    interface ash_view" > out
    n = kinds_of(word)
    for (i = 1; i <= n; i++) {
        split(word[i], pair, ":")
        for (rank = 0; rank <= 7; rank++) printf "        procedure :: view_%s_%d\n", tolower(pair[2]), rank > out
    }
    print "    end interface\n\ncontains" > out
    for (i = 1; i <= n; i++) {
        split(word[i], pair, ":")
        for (rank = 0; rank <= 7; rank++) view(pair[1], pair[2], rank)
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
    else if (part == "functions") functions_module()
    else if (part == "buffers") buffers_module()
    else if (part == "views") views_module()
    else test_program()
}
