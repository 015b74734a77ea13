/* Files: opening variables, writing arrays. */
#ifndef ASHLAR_IO_H
#define ASHLAR_IO_H

#include <ashlar/compute.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ash_open_options {
    int64_t size;
    bool raw;           /* the stored values as they are: no scale, offset or missing values */
    const char *chunks; /* chunk sizes as ash_rechunk() takes them; default: stored chunks, joined into pieces of some MiB */
    bool valid_range;   /* values outside valid_range, or valid_min and valid_max, are missing */
} ash_open_options;

/* A variable of a file as a lazy array. Reads the header and 1-D coordinates only; collective. Formats: NetCDF (classic, 64-bit offset,
 * CDF-5, NetCDF-4), HDF5, Zarr (versions 2 and 3, in a folder or a zip archive, consolidated or not, written by NetCDF-C too) and
 * NumPy's .npy.
 *
 * `variable` may have a path ("grp1/T"); names with spaces are taken as they are. A name that is not there but in another Unicode normal
 * form is found, too; names of dimensions are compared byte by byte. NULL or "" is the only variable of a file that has just one; an
 * array that is alone in its file (.npy, or a Zarr store that is an array) has the name of the file without its extension. Dimension
 * names, attributes and coordinate variables (of up to 4 Mi values, which are kept in memory) come along. Dimensions without a name
 * (plain HDF5) are anonymous.
 *
 * Values are decoded as CF says: _Unsigned reinterpretation; _FillValue and missing_value (both, every element) compared in the stored
 * dtype, become NaN; then value * scale_factor + add_offset. Result dtype: with scale_factor and add_offset of one floating type that
 * type (float64 for 32-bit and wider integers), with scale_factor alone its type, otherwise float64; without them, float32 for stored
 * integers of up to 16 bits and float64 for wider ones if there is a fill value, else the stored dtype. A fill value that the stored
 * dtype cannot hold is ignored. Without _FillValue, NetCDF's default fill value of the type (not of bytes) counts as missing in floating
 * variables. As in Xarray, the fill_value of a Zarr array of version 2 is its _FillValue, and that of version 3 is not. Packed values
 * stay packed in memory until a task uses them.
 *
 * valid_min, valid_max and valid_range are applied on request only, since many files have wrong ones: what lies outside is missing. They
 * are compared in the stored dtype, after _Unsigned (limits written as signed numbers are reinterpreted too); floating limits of packed
 * integers that are of the type of the unpacked values are compared with those, as the NetCDF User's Guide says.
 *
 * A file that is changed after it was opened (its size or time of modification) is an error of the run that reads it. One that is
 * replaced by another of its name keeps its values as long as it is open.
 *
 * Errors: no such file (nearest name in the folder), not a known format, no such variable (nearest name), a type that is no number
 * (text, compound, ...), damaged file, more stored chunks than can be listed within the memory limit (24 bytes each; the list counts in
 * the plans that read the variable). */
ASH_API ash_array ash_open(ash_context *context, const char *path, const char *variable, const ash_open_options *options);

typedef struct ash_raw_options {
    int64_t size;
    int64_t offset;         /* bytes before the first element */
    const char *order;      /* "C" (default): the last axis is the fastest; "F": the first */
    const char *byte_order; /* "little" or "big"; NULL: this machine's */
    const char *dims;       /* names of the dimensions, "time,lat,lon"; NULL: anonymous */
    const char *chunks;     /* as in ash_open_options */
} ash_raw_options;

/* Elements in any file as a lazy array, whose name is the file's. Reads nothing yet; collective. The file may have more than them.
 * Errors: no such file; a file that is too short. */
ASH_API ash_array ash_open_raw(
    ash_context *context, const char *path, ash_dtype dtype, int ndim, const int64_t shape[], const ash_raw_options *options);

typedef struct ash_write_options {
    int64_t size;
    int32_t deflate;                    /* 0 (default) to 9 */
    bool shuffle;                       /* byte shuffle before deflate */
    const char *history;                /* put in front of the history attribute after the time of day; "": no history;
                               NULL: "ashlar VERSION: write NAME, ..." */
    const char *attributes;             /* global attributes, "title=...\nsource=..."; NULL: those of the first array's file */
    const char *unlimited;              /* name of the dimension written as unlimited; NULL: none */
    const ash_compute_options *compute; /* of the run; NULL: the context's */
    /* "netcdf4", "classic", "64bit_offset", "cdf5", "zarr", "zarr_zip", "npy", "raw"; NULL: by the path's suffix, else netcdf4 */
    const char *format;
    const char *chunks;   /* of the file, as ash_rechunk() takes them, of several arrays by name; NULL: those of the array where the file
                           * has chunks */
    const char *encoding; /* packing, see below; NULL: values are stored as they are */
    int32_t zstd;         /* level of Zstandard, negative ones too; 0 (default): none */
    bool fletcher32;      /* checksums, verified by those who read */
    bool resume;          /* keep what is done when the run ends early, and go on from there when it is asked for again */
} ash_write_options;

/* Computes the array and writes it to a new file, NetCDF-4 unless another format is asked for, as variable `name`, with its dimensions,
 * coordinates and attributes. Runs, collective. Chunks are written as they are made, so the array may be larger than memory. Floating
 * variables get _FillValue NaN. Anonymous dimensions become dim_0, dim_1, ... bool is written as int8 with the attribute dtype = "bool".
 * complex has no NetCDF type and is refused. The file appears under `path` only when whole and synced: it is written under a temporary
 * name in the same folder and renamed; a file there before is replaced, and a symbolic link followed, also one to a file that is not
 * there yet. The new file has the mode of the one it replaces and, where the system allows it, its owner and group (a store: that of the
 * folder, for all in it). On failure nothing changes under `path` and the temporary file is removed; that of a run that was killed is
 * removed by the next write of the same path on the same machine.
 *
 * Attributes that name other variables (coordinates, bounds, grid_mapping, cell_measures, formula_terms, ancillary_variables) are kept
 * if these are written in the same call, or if the global attribute external_variables says that they are in another file; of a list of
 * names those are.
 *
 * Uncompressed variables are contiguous unless `chunks` or `unlimited` is set; compressed ones have the chunks of the array, cut to 32
 * MiB. Chunks are compressed by the tasks that make them.
 *
 * `encoding` has a line for each variable that is stored in another form, "NAME: dtype=int16; scale_factor=0.01; add_offset=273.15;
 * fill_value=-32768": stored is (value - add_offset) / scale_factor, rounded to the nearest integer (ties to even) for integer dtypes,
 * and fill_value for NaN (default of integers: NetCDF's fill value of the dtype). The stored dtype is an integer of at most 32 bits or a
 * floating one, and not wider than the array's. scale_factor and add_offset are kept as attributes of the array's dtype (float64 for
 * integers), so that ash_open() gives back that dtype where it can. A value that the stored dtype cannot hold, or that becomes the fill
 * value, is an error.
 *
 * The format follows the suffix of the path where it is .zarr, .zip (.zarr.zip, too), .npy, .raw or .bin; any other is NetCDF-4.
 *
 * "zarr" is a store of Zarr's version 2 in a folder, with consolidated metadata and _ARRAY_DIMENSIONS as Xarray writes it; all variables
 * have chunks. bool and complex are stored as such, and the fill value as fill_value. deflate is numcodecs' zlib, zstd its zstd, shuffle
 * and fletcher32 are filters; without them chunks are not compressed. The folder takes its name when all in it is synced. A store of
 * that name is exchanged with it in one step and then removed; where the file system cannot exchange names there is nothing under the
 * name for a moment. A folder that holds anything but a Zarr store is not replaced. "zarr_zip" is such a store in a zip archive, whose
 * members are stored, not deflated: the chunks are compressed. A full disk is told before the work where chunks are not.
 *
 * "npy" (NumPy's format, version 1) and "raw" (the values alone) hold one array in C order and this machine's byte order, without names,
 * coordinates and attributes; `name` is used in sentences only.
 *
 * With `resume` a run that ends early (error, ash_cancel(), ash_interrupt(), kill, power) leaves beside the file .NAME.resume and
 * .NAME.resume.data; the same call, also in another process and with other threads or memory, goes on from there and makes the same file
 * to the byte (but for `history`). They count only for the same expression, contents of memory, input files (path, size, time of
 * change), options and version of the library; otherwise the write begins anew. Sources of the user's (ash_from_source) count by name,
 * dtype, shape and chunks, and reductions of the user's by name: one that would give other values must have another name. A Zarr store
 * in a folder counts by the time of change of the folder, not by that of its chunks. A finished write of the same path without `resume`
 * removes the two files, unless a run is at work on them. What was done in place is read back first, and what has been lost since, as by
 * a power cut, is made again. A second run at the same time is refused. Compressed and unlimited output, and that to Zarr, is kept in
 * the second file until it is complete, which takes its space twice. */
ASH_API ash_status ash_write(ash_array a, const char *path, const char *name, const ash_write_options *options);

/* Several variables into one file in shared passes. Runs, collective. Else as ash_write(). Dimensions of the same name must have the
 * same extent and equal coordinates. */
ASH_API ash_status ash_write_many(
    ash_context *context, int n, const ash_array arrays[], const char *path, const char *const names[], const ash_write_options *options);

/* Computes the array and appends it to variable `name` of the NetCDF file `path` (any format) along its unlimited dimension `dim`, or of
 * a Zarr store of version 2 in a folder along any dimension. Runs, collective. The other dimensions must have the names, extents and,
 * where both have any, coordinates of the file's; the coordinate of `dim` is appended, too, where both have one, in the same units and
 * calendar, and its bounds. Values are packed as the variable's attributes say; one that the file cannot hold, and NaN where it has no
 * missing value, is an error. Other variables along `dim` grow by missing values. The file is replaced by a changed copy once that is
 * whole and synced (on file systems that share blocks the copy costs nothing); until then, and on failure, it stays as it is. It is an
 * error, and the file stays, if somebody else has changed it meanwhile. Of the options only `compute` counts.
 *
 * In a Zarr store all arrays of the group that name the dimension grow. New chunks wait in a folder beside the store until all are made
 * and synced; then they take their places, and only after that the metadata say that the arrays have grown, with .zmetadata as the last
 * step: a run that fails or is killed leaves a store with the old extent and the old values. A store without .zmetadata has metadata for
 * each array, and a run that is killed between them leaves some arrays longer than others. A second run that changes the store at the
 * same time is refused. Zip archives, version 3, Fortran or foreign byte order, codecs that are only read (gzip, lz4), and, for
 * appending, stores made by NetCDF-C are refused. */
ASH_API ash_status ash_append(ash_array a, const char *path, const char *name, const char *dim, const ash_write_options *options);

/* Computes the array and overwrites a region of variable `name`: ranges as ash_index() takes them ("10:20, :, 5:8", "time=10:20"),
 * without steps, which must have the shape of the array. Runs, collective. Otherwise as ash_append(), but that chunks of a Zarr store
 * take their places one by one: a run that is killed in that moment leaves some chunks new and some old, each of them whole, and so does
 * a reader at work see them. */
ASH_API ash_status ash_write_region(ash_array a, const char *path, const char *name, const char *region, const ash_write_options *options);

/* The one process-wide lock that guards every call into HDF5 and NetCDF-C (neither is thread-safe as packaged). A host program that calls
 * them while Ashlar runs must hold it, but not around calls of Ashlar that run: their threads would wait for it. Recursive for a thread.
 * fork() waits for it, so that the child can use them, too. */
ASH_API void ash_io_lock(void);
ASH_API void ash_io_unlock(void);

#ifdef __cplusplus
}
#endif
#endif
