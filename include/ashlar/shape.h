/* Indexing, transposing, rechunking. All lazy; none moves data by itself: they become strides and boxes of the reads and loops that follow.
 */
#ifndef ASHLAR_SHAPE_H
#define ASHLAR_SHAPE_H

#include <ashlar/array.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Basic indexing by text, NumPy's rules for each part:
 *
 *   "10:20, ::2, -1"        by position: ranges with step, integers (which drop the axis), negative numbers from the end
 *   "time=10:20, lat=::2"   by name; dimensions not named are kept whole
 *   "..., 0"                an ellipsis stands for the axes not mentioned
 *   "newaxis, :"            a new anonymous axis of extent 1
 *
 * Ranges clip to the extent, as NumPy's; an integer outside it is an error, and so are too many parts, a step of 0, an unknown or repeated
 * name, and a mix of positions and names. Steps may be negative. Coordinates are indexed too; one indexed by an integer is dropped. */
ASH_API ash_array ash_index(ash_array a, const char *index);

/* Selection by value along dimensions with coordinates, Xarray's rules for labels:
 *
 *   "time=1990-01:1999-12, lat=-30:30, lon=350:20"     ranges, both ends inclusive
 *   "lat=45, lon=9.5 nearest"                          single values, exactly or the nearest; the dimension is dropped
 *   "time=1990-01"                                     all of a month
 *
 * Ranges need a coordinate that rises or falls; their ends may stand in either order, a missing one is that end of the axis, and the
 * result keeps the order of the coordinate. A range that holds no value is an error, which says how far the coordinate goes.
 *
 * Along coordinates with time units labels are dates of their calendar: 1990, 1990-01, 1990-01-15 (also 19900115), 1990-01-15T06,
 * 1990-01-15T06:00:00. The end of a range takes in the whole period it names. A single date without a time of day selects all of its
 * period and keeps the dimension; one with a time of day, or with "nearest", is the instant its period begins with.
 *
 * Along longitudes (units degrees_east, or standard_name longitude) values count modulo 360. From the first to the second end one goes
 * east, over the end of the axis where need be, and the result's longitudes rise from the first end on (fall, where the coordinate
 * falls): on a coordinate of 0 to 359, "lon=350:20" gives 350 to 380, "lon=-10:20" gives -10 to 20, and "lon=-180:180" turns the whole
 * axis. Where a range lies within the coordinate as it is, the coordinate stays as it is. Labels of more than a hundred turns (36000)
 * are refused. Elsewhere ends of ranges may be inf and -inf; single values are finite. Years go from -289999 to 289999.
 *
 * "nearest" takes the larger of two values that are equally near. Lazy. Errors: an unknown or repeated dimension, one without a
 * coordinate, a label that is not there or not understood. */
ASH_API ash_array ash_sel(ash_array a, const char *labels);

typedef struct ash_sel_options {
    int64_t size;
    const char *method; /* of single values: "exact" (also NULL), "nearest" */
    double tolerance;   /* > 0: an error if the nearest value is farther away, in units of the coordinate */
} ash_sel_options;

ASH_API ash_array ash_sel_with(ash_array a, const char *labels, const ash_sel_options *options);

/* Axes in the order given, "lat,lon,time" or "2,0,1"; NULL reverses them. Every axis exactly once. */
ASH_API ash_array ash_transpose(ash_array a, const char *dims);

/* Drops the axes given, all of extent 1; NULL drops every axis of extent 1. */
ASH_API ash_array ash_squeeze(ash_array a, const char *dims);

/* One more axis of one element, which is axis number `axis` of the result (negative: from its end) and is named `name` (NULL:
 * anonymous). Lazy. */
ASH_API ash_array ash_expand_dims(ash_array a, int axis, const char *name);

/* The same elements, in C order, in another shape: "4, 6", "y=4, x=6", "lat=10, -1". One extent may be -1, which follows from the
 * others. "" is the shape of a single element. Dimensions get the names given. One that stays as it is, with as many elements before and
 * after it, keeps its coordinate, and its name unless there is another. Name and attributes of the array stay. Lazy.
 *
 * Where axes of one element come and go nothing is moved. Where axes are merged or split, chunks of the result hold about as many
 * elements as those of the array: the last axes whole, as far as a chunk goes, then a cut; a merged axis is cut where the chunks of the
 * array end. The fewer chunks the array has along the later ones of merged axes, the less has to be kept: elements of chunks that do not
 * follow one another in C order wait for those between. Errors: another number of elements, more than one -1, two dimensions of a name. */
ASH_API ash_array ash_reshape(ash_array a, const char *shape);

/* All elements in one dimension, in C order. One that is the only one already stays as it is. Lazy. */
ASH_API ash_array ash_ravel(ash_array a);

/* Repeats axes of extent 1, and adds axes in front, until the shape is `shape`, as NumPy's broadcast_to. New axes are anonymous. */
ASH_API ash_array ash_broadcast_to(ash_array a, int ndim, const int64_t shape[]);

/* The same values on another grid of chunks. `chunks`: per axis a size ("24, 90, 180"), -1 for the whole axis, 0 to keep the axis as it is,
 * or sizes joined by
 * + ("3+2", which must add up to the extent); or by name, "time=24, lat=90+91", dimensions not named being kept.
 * The grid is part of an array's meaning: sums over differently chunked arrays may differ by rounding. */
ASH_API ash_array ash_rechunk(ash_array a, const char *chunks);

/* The arrays one after another along a dimension that all of them have (NULL: the first), as NumPy's concatenate: dimensions are matched
 * by position. Lazy. The dtype is the one that all are promoted to. Chunks are those of the arrays; along other dimensions those of the
 * array that is longest. The coordinate along the dimension is joined where all arrays have one of the same dtype and units, else there
 * is none; other coordinates must be equal where they are given. Name and attributes come from the first array. Errors: no array, an
 * array without dimensions, other numbers of dimensions, names, extents or coordinates than the first array's. */
ASH_API ash_array ash_concatenate(int n, const ash_array arrays[], const char *dim);

/* Arrays of one shape along a new dimension, which is named `name` (NULL: anonymous) and is axis number `axis` of the result (negative:
 * from the end), as NumPy's stack. Lazy. Else as ash_concatenate(). */
ASH_API ash_array ash_stack(int n, const ash_array arrays[], int axis, const char *name);

/* More elements at the ends of dimensions, as NumPy's pad. `width` is one number for all dimensions, one for each ("1, 0, 2"), or by
 * name, "lat=1, lon=2:3" (2 before and 3 after); dimensions not named are left as they are. `mode` is one of these, for all dimensions,
 * one for each, or by name:
 *
 *   constant   0, or the value of ash_pad_with() (also NULL)    0 0 | a b c | 0 0
 *   edge       the first and the last element                   a a | a b c | c c
 *   reflect    mirrored at the first and the last element       c b | a b c | b a
 *   symmetric  mirrored at the edge                             b a | a b c | c b
 *   wrap       from the other end                               b c | a b c | a b
 *
 * Widths may be larger than the array: it is then mirrored or repeated as often as need be. Corners are as if the dimensions were padded
 * one after another. Lazy. Name and attributes are kept, coordinates of padded dimensions are not. Padding becomes part of the chunk it
 * is put to where that grows by a quarter at most or stays within 4 MiB or the extent of the array's largest chunk; more becomes chunks
 * of its own. Errors: widths below 0; modes other than constant along an axis without elements. */
ASH_API ash_array ash_pad(ash_array a, const char *width, const char *mode);

typedef struct ash_pad_options {
    int64_t size;
    ash_array value; /* for constant: a scalar made by ash_real() and friends, cast to the dtype as ash_full() does; unset: 0 */
} ash_pad_options;

ASH_API ash_array ash_pad_with(ash_array a, const char *width, const char *mode, const ash_pad_options *options);

#ifdef __cplusplus
}
#endif
#endif
