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

/* Axes in the order given, "lat,lon,time" or "2,0,1"; NULL reverses them. Every axis exactly once. */
ASH_API ash_array ash_transpose(ash_array a, const char *dims);

/* Drops the axes given, all of extent 1; NULL drops every axis of extent 1. */
ASH_API ash_array ash_squeeze(ash_array a, const char *dims);

/* Repeats axes of extent 1, and adds axes in front, until the shape is `shape`, as NumPy's broadcast_to. New axes are anonymous. */
ASH_API ash_array ash_broadcast_to(ash_array a, int ndim, const int64_t shape[]);

/* The same values on another grid of chunks. `chunks`: per axis a size ("24, 90, 180"), -1 for the whole axis, 0 to keep the axis as it is,
 * or sizes joined by
 * + ("3+2", which must add up to the extent); or by name, "time=24, lat=90+91", dimensions not named being kept.
 * The grid is part of an array's meaning: sums over differently chunked arrays may differ by rounding. */
ASH_API ash_array ash_rechunk(ash_array a, const char *chunks);

#ifdef __cplusplus
}
#endif
#endif
