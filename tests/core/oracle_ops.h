/* The oracle's own list of operations: one line an operation,
 * X(name, inputs, kinds, promotion, result, smooth, real function, complex function); see oracle_op in oracle.h. */
#ifndef ASH_TEST_ORACLE_OPS_H
#define ASH_TEST_ORACLE_OPS_H

#define ORACLE_OPS(X) \
    X(add, 2, "biufc", 'c', 'l', 1, NULL, NULL) \
    X(sub, 2, "iufc", 'c', 'l', 1, NULL, NULL) \
    X(mul, 2, "biufc", 'c', 'l', 1, NULL, NULL) \
    X(div, 2, "biufc", 'd', 'l', 1, NULL, NULL) \
    X(floor_divide, 2, "biuf", 'i', 'l', 0, NULL, NULL) \
    X(remainder, 2, "biuf", 'i', 'l', 0, NULL, NULL) \
    X(fmod, 2, "biuf", 'i', 'l', 0, NULL, NULL) \
    X(pow, 2, "biufc", 'i', 'l', 0, NULL, NULL) \
    X(negative, 1, "iufc", 'c', 'l', 1, NULL, NULL) \
    X(positive, 1, "iufc", 'c', 'l', 1, NULL, NULL) \
    X(absolute, 1, "biufc", 'c', 'r', 1, NULL, NULL) \
    X(sign, 1, "iufc", 'c', 'l', 0, NULL, NULL) \
    X(square, 1, "biufc", 'i', 'l', 1, NULL, NULL) \
    X(sqrt, 1, "biufc", 'f', 'l', 0, sqrtl, csqrtl) \
    X(cbrt, 1, "biuf", 'f', 'l', 0, cbrtl, NULL) \
    X(reciprocal, 1, "biufc", 'i', 'l', 0, NULL, NULL) \
    X(hypot, 2, "biuf", 'f', 'l', 0, NULL, NULL) \
    X(exp, 1, "biufc", 'f', 'l', 0, expl, cexpl) \
    X(exp2, 1, "biufc", 'f', 'l', 0, exp2l, oracle_cexp2) \
    X(expm1, 1, "biufc", 'f', 'l', 0, expm1l, oracle_cexpm1) \
    X(log, 1, "biufc", 'f', 'l', 0, logl, clogl) \
    X(log2, 1, "biufc", 'f', 'l', 0, log2l, oracle_clog2) \
    X(log10, 1, "biufc", 'f', 'l', 0, log10l, oracle_clog10) \
    X(log1p, 1, "biufc", 'f', 'l', 0, log1pl, oracle_clog1p) \
    X(sin, 1, "biufc", 'f', 'l', 0, sinl, csinl) \
    X(cos, 1, "biufc", 'f', 'l', 0, cosl, ccosl) \
    X(tan, 1, "biufc", 'f', 'l', 0, tanl, ctanl) \
    X(asin, 1, "biufc", 'f', 'l', 0, asinl, casinl) \
    X(acos, 1, "biufc", 'f', 'l', 0, acosl, cacosl) \
    X(atan, 1, "biufc", 'f', 'l', 0, atanl, catanl) \
    X(atan2, 2, "biuf", 'f', 'l', 0, NULL, NULL) \
    X(sinh, 1, "biufc", 'f', 'l', 0, sinhl, csinhl) \
    X(cosh, 1, "biufc", 'f', 'l', 0, coshl, ccoshl) \
    X(tanh, 1, "biufc", 'f', 'l', 0, tanhl, ctanhl) \
    X(asinh, 1, "biufc", 'f', 'l', 0, asinhl, casinhl) \
    X(acosh, 1, "biufc", 'f', 'l', 0, acoshl, cacoshl) \
    X(atanh, 1, "biufc", 'f', 'l', 0, atanhl, catanhl) \
    X(degrees, 1, "biuf", 'f', 'l', 0, oracle_degrees, NULL) \
    X(radians, 1, "biuf", 'f', 'l', 0, oracle_radians, NULL) \
    X(floor, 1, "biuf", 'c', 'l', 0, NULL, NULL) \
    X(ceil, 1, "biuf", 'c', 'l', 0, NULL, NULL) \
    X(trunc, 1, "biuf", 'c', 'l', 0, NULL, NULL) \
    X(rint, 1, "biufc", 'f', 'l', 0, NULL, NULL) \
    X(equal, 2, "biufc", 'c', 'b', 0, NULL, NULL) \
    X(not_equal, 2, "biufc", 'c', 'b', 0, NULL, NULL) \
    X(less, 2, "biufc", 'c', 'b', 0, NULL, NULL) \
    X(less_equal, 2, "biufc", 'c', 'b', 0, NULL, NULL) \
    X(greater, 2, "biufc", 'c', 'b', 0, NULL, NULL) \
    X(greater_equal, 2, "biufc", 'c', 'b', 0, NULL, NULL) \
    X(logical_and, 2, "biufc", 'c', 'b', 0, NULL, NULL) \
    X(logical_or, 2, "biufc", 'c', 'b', 0, NULL, NULL) \
    X(logical_xor, 2, "biufc", 'c', 'b', 0, NULL, NULL) \
    X(logical_not, 1, "biufc", 'c', 'b', 0, NULL, NULL) \
    X(bitwise_and, 2, "biu", 'c', 'l', 0, NULL, NULL) \
    X(bitwise_or, 2, "biu", 'c', 'l', 0, NULL, NULL) \
    X(bitwise_xor, 2, "biu", 'c', 'l', 0, NULL, NULL) \
    X(bitwise_not, 1, "biu", 'c', 'l', 0, NULL, NULL) \
    X(left_shift, 2, "biu", 'i', 'l', 0, NULL, NULL) \
    X(right_shift, 2, "biu", 'i', 'l', 0, NULL, NULL) \
    X(isnan, 1, "biufc", 'c', 'b', 1, NULL, NULL) \
    X(isinf, 1, "biufc", 'c', 'b', 1, NULL, NULL) \
    X(isfinite, 1, "biufc", 'c', 'b', 1, NULL, NULL) \
    X(signbit, 1, "biuf", 'c', 'b', 0, NULL, NULL) \
    X(maximum, 2, "biufc", 'c', 'l', 1, NULL, NULL) \
    X(minimum, 2, "biufc", 'c', 'l', 1, NULL, NULL) \
    X(fmax, 2, "biufc", 'c', 'l', 1, NULL, NULL) \
    X(fmin, 2, "biufc", 'c', 'l', 1, NULL, NULL) \
    X(copysign, 2, "biuf", 'f', 'l', 0, NULL, NULL) \
    X(nextafter, 2, "biuf", 'f', 'l', 0, NULL, NULL) \
    X(where, 3, "biufc", 'c', 'l', 1, NULL, NULL) \
    X(clip, 3, "biufc", 'c', 'l', 1, NULL, NULL) \
    X(fill_missing, 2, "biufc", 'c', 'l', 1, NULL, NULL) \
    X(real_part, 1, "biufc", 'c', 'r', 1, NULL, NULL) \
    X(imag_part, 1, "biufc", 'c', 'r', 1, NULL, NULL) \
    X(conj, 1, "biufc", 'c', 'l', 1, NULL, NULL) \
    X(angle, 1, "biufc", 'f', 'r', 0, NULL, NULL) \
    X(float_power, 2, "biufc", 'x', 'l', 0, NULL, NULL) \
    X(fabs, 1, "biuf", 'f', 'l', 1, NULL, NULL) \
    X(gcd, 2, "iu", 'c', 'l', 0, NULL, NULL) \
    X(lcm, 2, "iu", 'c', 'l', 0, NULL, NULL) \
    X(heaviside, 2, "biuf", 'f', 'l', 0, NULL, NULL) \
    X(logaddexp, 2, "biuf", 'f', 'l', 0, NULL, NULL) \
    X(logaddexp2, 2, "biuf", 'f', 'l', 0, NULL, NULL) \
    X(sinc, 1, "biufc", 'f', 'l', 0, NULL, oracle_csinc) \
    X(i0, 1, "biuf", 'f', 'l', 0, oracle_i0, NULL) \
    X(ldexp, 2, "biuf", 'f', 'l', 0, NULL, NULL) \
    X(round, 1, "iufc", 'c', 'l', 0, NULL, NULL) \
    X(round_whole, 1, "iufc", 'c', 'l', 0, NULL, NULL) \
    X(round_tens, 1, "iufc", 'c', 'l', 0, NULL, NULL) \
    X(isclose, 2, "biufc", 'd', 'b', 0, NULL, NULL) \
    X(isclose_strict, 2, "biufc", 'd', 'b', 0, NULL, NULL) \
    X(nan_to_num, 1, "biufc", 'c', 'l', 0, NULL, NULL) \
    X(nan_to_num_plain, 1, "biufc", 'c', 'l', 0, NULL, NULL) \
    X(bitwise_count, 1, "biu", 'c', '8', 0, NULL, NULL) \
    X(isposinf, 1, "biuf", 'c', 'b', 1, NULL, NULL) \
    X(isneginf, 1, "biuf", 'c', 'b', 1, NULL, NULL) \
    X(spacing, 1, "biuf", 'f', 'l', 0, NULL, NULL) \
    X(iscomplex, 1, "biufc", 'c', 'b', 0, NULL, NULL) \
    X(isreal, 1, "biufc", 'c', 'b', 0, NULL, NULL) \
    X(modf, 1, "biuf", 'f', 'l', 0, NULL, NULL) \
    X(frexp, 1, "biuf", 'f', 'e', 0, NULL, NULL) \
    X(divmod, 2, "biuf", 'i', 'l', 0, NULL, NULL)

/* Identifiers: op_add, op_sub, ... */
#define ORACLE_OP_ID(name, ...) op_##name,
enum { ORACLE_OPS(ORACLE_OP_ID) ORACLE_OP_COUNT };

#endif
