/* Parts of CF dates. */
#include "expr/elementwise.h"

#include <ashlar/calendar.h>

ash_array ash_time_field(ash_array time, const char *field) {
    ash_builder builder = ash_builder_begin(time.context, "time_field");
    ash_value input;
    if (!ash_builder_value(&builder, time, "time", &input)) {
        return ash_builder_done(&builder);
    }
    const ash_output *source = ash_value_output(input);
    ash_date_parameter parameter;
    int which = field ? ash_date_field_find(field) : -1;
    const char *units = ash_attrs_text(source->attrs, "units");
    if (which < 0) {
        const char *nearest = field ? ash_nearest(field, ASH_FIELD_COUNT, ash_date_field_names) : NULL;
        ash_fail(&builder.error, ASH_ERR_ARGUMENT, "time_field: there is no field '%s'%s%s%s", field ? field : "(NULL)",
            nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
        return ash_builder_done(&builder);
    }
    if (!units) {
        ash_fail(&builder.error, ASH_ERR_NOT_FOUND, "time_field: the array has no attribute 'units' such as \"days since 1900-01-01\"");
        return ash_builder_done(&builder);
    }
    if (ash_dtype_kind(source->dtype) == 'c') {
        ash_fail(&builder.error, ASH_ERR_DTYPE, "time_field: times must be real, found %s", ash_dtype_name(source->dtype));
        return ash_builder_done(&builder);
    }
    parameter.field = (ash_date_field)which;
    if (ash_time_units_parse(units, ash_attrs_text(source->attrs, "calendar"), "time_field", &parameter.units, &builder.error) != ASH_OK) {
        return ash_builder_done(&builder);
    }
    ash_dtype loop = ash_dtype_kind(source->dtype) == 'f' ? ASH_FLOAT64 : ASH_INT64;
    if (source->dtype != loop) { /* the date kernels read the two widest dtypes only */
        ash_array widened = ash_cast(time, loop);
        if (!ash_builder_value(&builder, widened, "time", &input)) {
            return ash_builder_done(&builder);
        }
    }
    return ash_unary_function(&builder, input, ASH_FUNCTION_DATE, ASH_INT32, &parameter, sizeof parameter, NULL);
}
