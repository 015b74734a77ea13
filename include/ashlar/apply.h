/* Every operation by name, with parameters as text: what a binding for another language, or a tool, needs instead of a wrapper for each
 * function.
 *
 *     ash_array t = ash_apply(ctx, "round", 1, &a, "decimals=2");
 *     ash_array m = ash_apply(ctx, "mean", 1, &t, "dims='lat,lon'; keepdims=true");
 *
 * Parameters are "name=value" separated by ";". A value is
 *   an integer      -3                        within 64 bits
 *   a real number   2.5, 1e-3, 0x1.8p-3, inf, -inf, nan
 *   a complex one   1+2j, -2.5j
 *   a truth value   true, false
 *   a text          'time,lat' or "time,lat", with \n \t \r \\ \' \"; a single word such as float64 needs no quotes
 *   a list          [2, 3], [[1, 2], [3, 4]]
 * Numbers are read and written the same way in every locale. An integer serves where a real number is wanted.
 */
#ifndef ASHLAR_APPLY_H
#define ASHLAR_APPLY_H

#include <ashlar/array.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A parameter of an operation. */
typedef struct ash_parameter_info {
    const char *name;
    const char *type;      /* "int", "real", "bool", "text", "dtype" (the name of one), "number" (of any kind), "ints", "reals" (lists) */
    const char *otherwise; /* the default as text, "" for none; NULL: the parameter must be given */
} ash_parameter_info;

/* An operation. Everything it points at lives as long as the library. */
typedef struct ash_operation_info {
    int64_t size;
    const char *name, *family; /* "elementwise", "reduction", "group", "scan", "statistics", "shape", ... */
    int32_t inputs, optional_inputs; /* arrays it takes, of which the last optional ones may be left out */
    int32_t outputs, parameters;
    bool repeats; /* of the last input there may be more than one */
    const char *const *input;
    const char *const *output;
    const ash_parameter_info *parameter;
    const char *meaning; /* one sentence */
} ash_operation_info;

/* How many operations there are, and what the k-th is. Zero-fill *info, or set its size. ASH_ERR_ARGUMENT for a k that is none. */
ASH_API int64_t ash_op_count(void);
ASH_API ash_status ash_op_info(int64_t k, ash_operation_info *info);
/* The number of an operation by its name or an alias of it (NumPy's and the array API standard's names: "multiply", "arccos",
 * "permute_dims"); -1 if there is none. */
ASH_API int64_t ash_op_find(const char *name);
/* The aliases: name, and the operation it stands for. NULL beyond the last. */
ASH_API const char *ash_op_alias(int64_t k, const char **operation);

/* The operation's only or first output. Lazy (may run, where the function of that name may). Errors, carried by the result: an unknown
 * operation or parameter (the nearest name is suggested), a parameter that is missing or of another type, another number of inputs,
 * inputs of another context; and those of the function itself. */
ASH_API ash_array ash_apply(ash_context *context, const char *op, int n, const ash_array inputs[], const char *params);
/* All outputs of one operation, into an array with room for `noutputs`, which must be as many as there are. */
ASH_API ash_status ash_apply_many(ash_context *context, const char *op, int n, const ash_array inputs[], const char *params, int noutputs, ash_array outputs[]);

#ifdef __cplusplus
}
#endif
#endif
