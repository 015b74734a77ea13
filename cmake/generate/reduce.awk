# include/ashlar/reduce.h (part = "header") and expr/reductions.c (part = "source"): the public reductions and group reductions.

function header(    r) {
    banner("Reductions and group reductions.")
    print "#ifndef ASHLAR_REDUCE_H\n#define ASHLAR_REDUCE_H\n" > out
    print "#include <ashlar/array.h>\n\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n" > out
    print "/* All reductions are lazy. `dims` names the dimensions to reduce, \"time\", \"lat,lon\" or by position \"0\", \"-1,-2\"; NULL means all. They vanish from the result, or" > out
    print " * stay with extent 1 (keepdims)." > out
    print " *" > out
    print " * Floating sums, products and moments accumulate in float64 (complex64 in complex128) and are rounded once, at the end. They are taken in a fixed order given by the array's" > out
    print " * grid of chunks, so the result has the same bits for any number of threads, memory limit and instruction set. min and max of zeros of both signs is +0.0." > out
    print " * Complex numbers compare by real part, then by imaginary part. NaN passes through, except in the reductions whose names begin with nan, and in count." > out
    print " *" > out
    print " * A group reduction splits `dim` by `labels`, a 1-D integer array with the length of that dimension (its own dimension name is free: it names the result's axis; if it is anonymous the axis" > out
    print " * keeps the name of `dim`). Elements with label g are reduced into position g of the result, whose axis has as many positions as there are groups. Negative labels are" > out
    print " * skipped; labels not below the number of groups are errors. A group without members gets the value of no elements: 0 for sum, 1 for prod, NaN for mean" > out
    print " * and for floating min and max; for integer min and max it is an error. May run, collective: labels are computed at once. */\n" > out
    print "/* Options of a reduction. Zero-fill and set what you need. */" > out
    print "typedef struct ash_reduce_options {" > out
    print "    int64_t size;   /* sizeof the struct, or 0 for the fields of version 0.1 */" > out
    print "    double ddof;    /* var, std and their nan forms: the divisor is count - ddof; at ddof >= count the result is NaN or infinite */" > out
    print "    bool keepdims;  /* keep the reduced dimensions with extent 1; not for group reductions */" > out
    print "    int64_t groups; /* group reductions: number of groups; 0: the highest label + 1 */" > out
    print "    /* The rest not for group reductions. */" > out
    print "    const char *dtype; /* sums, products, means and variances: \"float64\": elements are cast to it first; NULL: as said with each */" > out
    print "    ash_array where;   /* elements for which it is false are left out (not for positions); aligned with a, and no larger. min and max then need initial */" > out
    print "    ash_array initial; /* sums, products, min and max: a number that takes part once; also the value of no elements */" > out
    print "    int64_t min_count; /* sums and products of floating and complex numbers: NaN unless as many elements are there and not NaN */" > out
    print "} ash_reduce_options;\n" > out
    for (r = 0; r < reductions; r++) {
        printf "/* %s\n * Accepts %s. Gives %s. */\n", red_meaning[r], kind_words(red_kinds[r]), red_result[r] > out
        printf "ASH_API ash_array ash_%s(ash_array a, const char *dims);\n", red_name[r] > out
        printf "ASH_API ash_array ash_%s_with(ash_array a, const char *dims, const ash_reduce_options *options);\n", red_name[r] > out
        if (red_group[r]) {
            printf "ASH_API ash_array ash_group_%s(ash_array a, const char *dim, ash_array labels);\n", red_name[r] > out
            printf "ASH_API ash_array ash_group_%s_with(ash_array a, const char *dim, ash_array labels, const ash_reduce_options *options);\n", red_name[r] > out
        }
        print "" > out
    }
    print "/* The way back from groups: element i along `dim` of the result is groups[labels[i]] along `dim`, so that ash_sub(a, ash_group_take(ash_group_mean(a, \"time\", month)," > out
    print " * \"month\", month)) removes a mean annual cycle. `labels` is a 1-D integer array; its dimension name, or `dim` if it is anonymous, names the result's axis." > out
    print " * Negative labels give NaN (floating and complex dtypes; an error for others); labels beyond the extent of `dim` are errors. May run, collective: labels are computed at once. */" > out
    print "ASH_API ash_array ash_group_take(ash_array groups, const char *dim, ash_array labels);\n" > out
    print "#ifdef __cplusplus\n}\n#endif\n#endif" > out
}

function source(    r, name) {
    banner("The public reductions: each hands its arguments to ash_reduce() or ash_group_reduce().")
    print "#include \"expr/reduce.h\"\n\n#include <ashlar/reduce.h>\n#include <stddef.h>" > out
    for (r = 0; r < reductions; r++) {
        name = red_name[r]
        printf "\nash_array ash_%s(ash_array a, const char *dims)\n{\n    return ash_reduce(ASH_REDUCE_%s, a, dims, NULL);\n}\n", name, toupper(name) > out
        printf "\nash_array ash_%s_with(ash_array a, const char *dims, const ash_reduce_options *options)\n{\n", name > out
        printf "    return ash_reduce(ASH_REDUCE_%s, a, dims, options);\n}\n", toupper(name) > out
        if (!red_group[r]) continue
        printf "\nash_array ash_group_%s(ash_array a, const char *dim, ash_array labels)\n{\n", name > out
        printf "    return ash_group_reduce(ASH_REDUCE_%s, a, dim, labels, NULL);\n}\n", toupper(name) > out
        printf "\nash_array ash_group_%s_with(ash_array a, const char *dim, ash_array labels, const ash_reduce_options *options)\n{\n", name > out
        printf "    return ash_group_reduce(ASH_REDUCE_%s, a, dim, labels, options);\n}\n", toupper(name) > out
    }
}

END {
    if (failed) exit 1
    if (part == "header") header()
    else source()
}
