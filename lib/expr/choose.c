/* Choosing between several arrays: chains of ash_where(). */
#include "base/memory.h"
#include "expr/apply.h"
#include "expr/elementwise.h"

#include <ashlar/lookup.h>
#include <ashlar/ops.h>

#include <string.h>

static ash_array few(ash_context *context, const char *function, int n) {
    ash_builder builder = ash_builder_begin(context, function);
    ash_fail(&builder.error, ASH_ERR_ARGUMENT, "%s: n must be 1 or more, with as many arrays, found %d", function, n);
    return ash_builder_done(&builder);
}

/* Brings n choices and perhaps one more array to the dtype all of them meet in: done pair by pair, promotion would depend on their order. Returns them in
 * memory for n + 1 arrays, to be freed; NULL with an error. */
static ash_array *unify(ash_builder *builder, int n, const ash_array choices[], const ash_array *otherwise) {
    int all = n + (otherwise ? 1 : 0);
    ash_array *out = ash_malloc((n + 1) * (int64_t)sizeof *out);
    ash_value *values = ash_malloc((n + 1) * (int64_t)sizeof *values);
    if (!out || !values) {
        ash_builder_no_memory(builder);
    }
    for (int k = 0; k < all && ash_builder_ok(builder); k++) {
        out[k] = k < n ? choices[k] : *otherwise;
        ash_builder_value(builder, out[k], k < n ? "choices" : "otherwise", &values[k]);
    }
    if (ash_builder_ok(builder)) {
        char weak;
        ash_dtype dtype = ash_promote_values(all, values, &weak);
        /* a weak number gets its dtype, and is checked, by standing beside an array */
        ash_array always = ash_bool(builder->context, true), zero = ash_zeros(builder->context, dtype, 0, NULL, NULL);
        for (int k = 0; k < all; k++) {
            out[k] = ash_value_output(values[k])->weak ? ash_where(always, out[k], zero) : ash_cast(out[k], dtype);
        }
    }
    ash_free(values);
    if (!ash_builder_ok(builder)) {
        ash_free(out);
        return NULL;
    }
    return out;
}

ash_array ash_select(int n, const ash_array conditions[], const ash_array choices[], ash_array otherwise) {
    if (n < 1 || !conditions || !choices) {
        return few(otherwise.context, "select", n);
    }
    ash_builder builder = ash_builder_begin(otherwise.context ? otherwise.context : choices[0].context, "select");
    ash_array *choice = unify(&builder, n, choices, &otherwise);
    if (!choice) {
        return ash_builder_done(&builder);
    }
    ash_array out = choice[n];
    for (int k = n - 1; k >= 0; k--) {
        out = ash_where(conditions[k], choice[k], out);
    }
    ash_free(choice);
    return out;
}

ash_array ash_select_of(int n, const ash_array arrays[]) {
    if (n % 2 == 1 && n > 1) {
        return ash_select(n / 2, arrays, arrays + n / 2, arrays[n - 1]);
    }
    ash_builder builder = ash_builder_begin(arrays[0].context, "select");
    ash_fail(&builder.error, ASH_ERR_ARGUMENT, "select: takes conditions, as many choices and one array more, found %d arrays", n);
    return ash_builder_done(&builder);
}

/* The number of a choice as int64, which the largest numbers of uint64 do not fit. */
static ash_array choice_number(ash_array index, ash_dtype dtype, int n, int wraps) {
    ash_array which = index;
    if (dtype == ASH_UINT64 && !wraps) {
        which = ash_minimum(which, ash_int(index.context, n - 1));
    }
    if (dtype != ASH_UINT64) {
        which = ash_cast(which, ASH_INT64);
    }
    if (wraps) {
        which = ash_remainder(which, ash_int(index.context, n));
    }
    return ash_cast(which, ASH_INT64);
}

ash_array ash_choose(ash_array index, int n, const ash_array choices[], const char *mode) {
    if (n < 1 || !choices) {
        return few(index.context, "choose", n);
    }
    ash_builder builder = ash_builder_begin(index.context, "choose");
    ash_value value;
    ash_dtype dtype = ASH_INT64;
    if (ash_builder_value(&builder, index, "index", &value)) {
        dtype = ash_value_output(value)->dtype;
        if (ash_dtype_kind(dtype) == 'f' || ash_dtype_kind(dtype) == 'c') {
            ash_fail(&builder.error, ASH_ERR_DTYPE, "choose: index does not accept %s (accepts bool, integers); convert with ash_cast()",
                ash_dtype_name(dtype));
        } else if (mode && strcmp(mode, "clip") != 0 && strcmp(mode, "wrap") != 0) {
            ash_fail(&builder.error, ASH_ERR_ARGUMENT, "choose: mode must be clip or wrap, found '%s'", mode);
        }
    }
    ash_array *choice = ash_builder_ok(&builder) ? unify(&builder, n, choices, NULL) : NULL;
    if (!choice) {
        return ash_builder_done(&builder);
    }
    ash_array which = choice_number(index, dtype, n, mode && strcmp(mode, "wrap") == 0), out = choice[n - 1];
    for (int k = n - 2; k >= 0; k--) { /* what is below 0 becomes the first, what is too large the last */
        out = ash_where(ash_less_equal(which, ash_int(index.context, k)), choice[k], out);
    }
    ash_free(choice);
    return n == 1 ? ash_where(ash_equal(which, which), out, out) : out;
}
