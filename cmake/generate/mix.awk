# include/ashlar/mix.h: macros by which C programs mix numbers and arrays.

END {
    if (failed) exit 1
    banner("Numbers and arrays mixed: ASH_ADD(t, 273.15), ASH_MAXIMUM(0, a), ASH_WHERE(c, a, 1).")
    print "#ifndef ASHLAR_MIX_H\n#define ASHLAR_MIX_H\n" > out
    print "#include <ashlar/ops.h>\n" > out
    print "/* For C11 programs that include this header: ashlar.h does not. Each macro has the name of its function in capital letters; every operand is an array or any C number," > out
    print " * and one is an array. A number becomes a weak scalar of the array's context, as ash_bool(), ash_int(), ash_real() and ash_complex() make them, so that only its kind counts:" > out
    print " * a float32 array plus 273.15 stays float32. Unsigned numbers beyond int64 become real. Operands are evaluated once. */" > out
    print "#if !defined(__cplusplus) && defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L\n" > out
    print "/* An array or a number. */" > out
    print "typedef struct ash_mixed {\n    char kind; /* a array, b bool, i int, f real, c complex */\n    int64_t integer;\n    double real, imag;\n    ash_array array;\n} ash_mixed;\n" > out
    print "static inline ash_mixed ash_mixed_array(ash_array x) {\n    return (ash_mixed){ .kind = 'a', .array = x };\n}" > out
    print "static inline ash_mixed ash_mixed_bool(_Bool x) {\n    return (ash_mixed){ .kind = 'b', .integer = x };\n}" > out
    print "static inline ash_mixed ash_mixed_int(long long x) {\n    return (ash_mixed){ .kind = 'i', .integer = x };\n}" > out
    print "static inline ash_mixed ash_mixed_unsigned(unsigned long long x) {\n    return x <= INT64_MAX ? ash_mixed_int((long long)x) : (ash_mixed){ .kind = 'f', .real = (double)x };\n}" > out
    print "static inline ash_mixed ash_mixed_real(double x) {\n    return (ash_mixed){ .kind = 'f', .real = x };\n}" > out
    print "static inline ash_mixed ash_mixed_complex(double _Complex x) {\n    const double *part = (const double *)&x;\n    return (ash_mixed){ .kind = 'c', .real = part[0], .imag = part[1] };\n}\n" > out
    print "#define ASH_MIXED(x) \\\n    _Generic((x), ash_array: ash_mixed_array, _Bool: ash_mixed_bool, char: ash_mixed_int, signed char: ash_mixed_int, short: ash_mixed_int, int: ash_mixed_int, \\\n        long: ash_mixed_int, long long: ash_mixed_int, unsigned char: ash_mixed_int, unsigned short: ash_mixed_int, unsigned: ash_mixed_int, \\\n        unsigned long: ash_mixed_unsigned, unsigned long long: ash_mixed_unsigned, float: ash_mixed_real, double: ash_mixed_real, long double: ash_mixed_real, \\\n        float _Complex: ash_mixed_complex, double _Complex: ash_mixed_complex, long double _Complex: ash_mixed_complex)(x)\n" > out
    print "/* The operand as an array of the context. */" > out
    print "static inline ash_array ash_unmixed(ash_context *context, ash_mixed x) {\n    switch (x.kind) {\n    case 'b': return ash_bool(context, x.integer != 0);\n    case 'i': return ash_int(context, x.integer);\n    case 'f': return ash_real(context, x.real);\n    case 'c': return ash_complex(context, x.real, x.imag);\n    default: return x.array;\n    }\n}\n" > out
    print "static inline ash_array ash_mix_2(ash_array (*function)(ash_array, ash_array), ash_mixed x, ash_mixed y) {" > out
    print "    ash_context *context = x.array.context ? x.array.context : y.array.context;\n    return function(ash_unmixed(context, x), ash_unmixed(context, y));\n}\n" > out
    print "static inline ash_array ash_mix_3(ash_array (*function)(ash_array, ash_array, ash_array), ash_mixed x, ash_mixed y, ash_mixed z) {" > out
    print "    ash_context *context = x.array.context ? x.array.context : y.array.context ? y.array.context : z.array.context;" > out
    print "    return function(ash_unmixed(context, x), ash_unmixed(context, y), ash_unmixed(context, z));\n}\n" > out
    for (op = 0; op < ops; op++) {
        if (op_outputs[op] > 1 || op_params[op] > 0 || op_inputs[op] < 2) continue
        if (op_inputs[op] == 2) printf "#define ASH_%s(a, b) ash_mix_2(ash_%s, ASH_MIXED(a), ASH_MIXED(b))\n", toupper(op_name[op]), op_name[op] > out
        else printf "#define ASH_%s(a, b, c) ash_mix_3(ash_%s, ASH_MIXED(a), ASH_MIXED(b), ASH_MIXED(c))\n", toupper(op_name[op]), op_name[op] > out
    }
    print "\n#endif\n#endif" > out
}
