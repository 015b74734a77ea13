#include "cf_axes.h"

#include <string.h>
#include <strings.h>

/* What makes a coordinate one of an axis: its units, its standard name, or its axis attribute with units that do not speak against it. */
typedef struct rule {
    const char *standard_name, *axis;
    const char *units[7];
    const char *neutral[3]; /* units that need a second sign: a rotated grid has "degrees" */
} rule;

static const rule latitude_rule = { "latitude", "Y", { "degrees_north", "degree_north", "degrees_N", "degree_N", "degreesN", "degreeN" },
    { "degrees", "degree" } };
static const rule longitude_rule = { "longitude", "X", { "degrees_east", "degree_east", "degrees_E", "degree_E", "degreesE", "degreeE" },
    { "degrees", "degree" } };

static bool is_one_of(const char *text, const char *const *list) {
    for (; text && *list; list++)
        if (strcasecmp(text, *list) == 0)
            return true;
    return false;
}

static bool attribute_is(ash_array a, const char *name, const char *expected) {
    const char *text = ash_attr(a, name);
    return text && strcasecmp(text, expected) == 0;
}

static bool follows(ash_array coord, const rule *r) {
    const char *units = ash_attr(coord, "units");
    if (is_one_of(units, r->units) || attribute_is(coord, "standard_name", r->standard_name))
        return true;
    return attribute_is(coord, "axis", r->axis) && (!units || is_one_of(units, r->neutral));
}

static bool is_time(ash_array coord) {
    const char *units = ash_attr(coord, "units");
    return (units && strstr(units, " since ")) || attribute_is(coord, "standard_name", "time") || attribute_is(coord, "axis", "T");
}

cf_axes cf_find_axes(ash_array a) {
    cf_axes axes = { NULL, NULL, NULL };
    for (int k = 0; k < ash_ndim(a); k++) {
        const char *name = ash_dim_name(a, k);
        if (!name || !ash_has_coord(a, name))
            continue;
        ash_array coord = ash_coord(a, name);
        if (!axes.time && is_time(coord))
            axes.time = name;
        else if (!axes.latitude && follows(coord, &latitude_rule))
            axes.latitude = name;
        else if (!axes.longitude && follows(coord, &longitude_rule))
            axes.longitude = name;
    }
    return axes;
}
