/* Choosing between several arrays: chains of ash_where(). */
#include "expr/apply.h"

#include <ashlar/lookup.h>
#include <ashlar/ops.h>

#include <string.h>

static ash_array few(ash_context *context, const char *function, int n) {
    ash_builder builder = ash_builder_begin(context, function);
    ash_fail(&builder.error, ASH_ERR_ARGUMENT, "%s: n must be 1 or more, with as many arrays, found %d", function, n);
    return ash_builder_done(&builder);
}

ash_array ash_select(int n, const ash_array conditions[], const ash_array choices[], ash_array otherwise) {
    if (n < 1 || !conditions || !choices) {
        return few(otherwise.context, "select", n);
    }
    ash_array out = otherwise;
    for (int k = n - 1; k >= 0; k--) {
        out = ash_where(conditions[k], choices[k], out);
    }
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

ash_array ash_choose(ash_array index, int n, const ash_array choices[], const char *mode) {
    if (n < 1 || !choices) {
        return few(index.context, "choose", n);
    }
    ash_builder builder = ash_builder_begin(index.context, "choose");
    ash_value value;
    if (ash_builder_value(&builder, index, "index", &value)) {
        char kind = ash_dtype_kind(ash_value_output(value)->dtype);
        if (kind == 'f' || kind == 'c') {
            ash_fail(&builder.error, ASH_ERR_DTYPE, "choose: index does not accept %s (accepts bool, integers); convert with ash_cast()",
                ash_dtype_name(ash_value_output(value)->dtype));
        } else if (mode && strcmp(mode, "clip") != 0 && strcmp(mode, "wrap") != 0) {
            ash_fail(&builder.error, ASH_ERR_ARGUMENT, "choose: mode must be clip or wrap, found '%s'", mode);
        }
    }
    if (!ash_builder_ok(&builder)) {
        return ash_builder_done(&builder);
    }
    ash_array which = ash_cast(index, ASH_INT64);
    which = mode && strcmp(mode, "wrap") == 0 ? ash_remainder(which, ash_int(index.context, n)) : which;
    ash_array out = choices[n - 1];
    for (int k = n - 2; k >= 0; k--) { /* what is below 0 becomes the first, what is too large the last */
        out = ash_where(ash_less_equal(which, ash_int(index.context, k)), choices[k], out);
    }
    return n == 1 ? ash_where(ash_equal(which, which), out, out) : out;
}
