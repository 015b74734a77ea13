/* Which dimensions of an array are time, latitude and longitude, by the attributes of their coordinates (CF conventions §4). */
#ifndef EXAMPLE_CF_AXES_H
#define EXAMPLE_CF_AXES_H

#include <ashlar/ashlar.h>

typedef struct cf_axes {
    const char *time, *latitude, *longitude; /* names of dimensions, NULL if there is none; live as long as the array */
} cf_axes;

cf_axes cf_find_axes(ash_array a);

#endif
