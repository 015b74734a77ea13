/* Attributes of Zarr: JSON values under names. */
#ifndef ASH_IO_ZARR_ATTRS_H
#define ASH_IO_ZARR_ATTRS_H

#include "base/attrs.h"
#include "io/json.h"

/* Adds those that are text, numbers, or lists of one of them; integers become int64 and real numbers float64 unless NCZarr says otherwise. Left out are
 * other values and what Zarr's conventions keep for themselves. Several texts become lines. 0 when out of memory. */
int ash_zarr_attrs(const ash_json *object, ash_attrs **attrs);

#endif
