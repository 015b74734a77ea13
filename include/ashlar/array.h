/* Arrays: making them, asking about them, names, coordinates and attributes.
 *
 * An array is a small value naming one output of a node in its context. Builders are lazy and never fail loudly: a failed builder returns
 * an array that carries its error, every builder given such an array passes it on, and the doers (ash_compute, ash_write) return its
 * status. So one check at the end of a chain is enough.
 */
#ifndef ASHLAR_ARRAY_H
#define ASHLAR_ARRAY_H

#include <ashlar/context.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { ASH_MAX_NDIM = 16 };

/* Every dtype: enum suffix, text, C type, kind letter (b bool, i signed, u unsigned, f floating, c complex) and size in bytes. */
#define ASH_DTYPE_LIST(X)                          \
    X(BOOL, "bool", uint8_t, 'b', 1)               \
    X(INT8, "int8", int8_t, 'i', 1)                \
    X(INT16, "int16", int16_t, 'i', 2)             \
    X(INT32, "int32", int32_t, 'i', 4)             \
    X(INT64, "int64", int64_t, 'i', 8)             \
    X(UINT8, "uint8", uint8_t, 'u', 1)             \
    X(UINT16, "uint16", uint16_t, 'u', 2)          \
    X(UINT32, "uint32", uint32_t, 'u', 4)          \
    X(UINT64, "uint64", uint64_t, 'u', 8)          \
    X(FLOAT32, "float32", float, 'f', 4)           \
    X(FLOAT64, "float64", double, 'f', 8)          \
    X(COMPLEX64, "complex64", float _Complex, 'c', 8) \
    X(COMPLEX128, "complex128", double _Complex, 'c', 16)

typedef enum ash_dtype {
    ASH_BOOL,
    ASH_INT8,
    ASH_INT16,
    ASH_INT32,
    ASH_INT64,
    ASH_UINT8,
    ASH_UINT16,
    ASH_UINT32,
    ASH_UINT64,
    ASH_FLOAT32,
    ASH_FLOAT64,
    ASH_COMPLEX64,
    ASH_COMPLEX128,
    ASH_DTYPE_COUNT
} ash_dtype;

/* "float64"; "?" for a value that is no dtype. */
ASH_API const char *ash_dtype_name(ash_dtype dtype);
/* Bytes of one element; 0 for a value that is no dtype. A bool is one byte, 0 or 1. */
ASH_API int64_t ash_dtype_size(ash_dtype dtype);
/* The dtype two arrays are promoted to, by NumPy 2's table (int64 with uint64 gives float64). */
ASH_API ash_dtype ash_dtype_promote(ash_dtype a, ash_dtype b);

/* A handle. Copy it freely; compare nothing in it. Zero-filled it is no array, and is refused by a sentence. */
typedef struct ash_array {
    ash_context *context;
    int64_t serial;
    int32_t output;
    int32_t reserved;
} ash_array;

/* ---- Making arrays. All lazy. ---- */

/* Options of the makers. Zero-fill and set what you need. */
typedef struct ash_make_options {
    int64_t size;           /* sizeof the struct, or 0 for the fields of version 0.1 */
    const char *dims;       /* dimension names, "time,lat,lon"; an empty one ("time,,lon") stays anonymous; NULL: all anonymous */
    const char *chunks;     /* chunk sizes as ash_rechunk() takes them; NULL: chosen from shape and dtype */
    const int64_t *strides; /* ash_from_buffer only: bytes from one element to the next, per axis, may be 0 or negative; NULL: dense, last axis fastest */
    void (*release)(void *data, void *user); /* ash_from_buffer only: called once, when the array's scope or context ends */
    void *release_user;
} ash_make_options;

/* The caller's memory as an array, without a copy; `data` points at element (0, 0, ...). It is read at each compute, must stay valid
 * until the release callback, and is never written. On failure the release callback is not called. */
ASH_API ash_array ash_from_buffer(ash_context *context, ash_dtype dtype, int ndim, const int64_t shape[], const void *data, const ash_make_options *options);

/* Arrays of one value; they take no memory. `value` of ash_full is a 0-d array made by ash_real() and friends, cast to `dtype`: a
 * complex value for a real dtype, and an integer that does not fit, are errors. */
ASH_API ash_array ash_zeros(ash_context *context, ash_dtype dtype, int ndim, const int64_t shape[], const ash_make_options *options);
ASH_API ash_array ash_ones(ash_context *context, ash_dtype dtype, int ndim, const int64_t shape[], const ash_make_options *options);
ASH_API ash_array ash_full(ash_context *context, ash_dtype dtype, int ndim, const int64_t shape[], ash_array value, const ash_make_options *options);

/* int64 start, start+step, ... before stop, as NumPy's arange; takes no memory. step = 0 is an error. */
ASH_API ash_array ash_arange(ash_context *context, int64_t start, int64_t stop, int64_t step, const ash_make_options *options);
/* `count` float64 values from start to stop inclusive: start + i * ((stop - start) / (count - 1)), the last one exactly stop, as NumPy's
 * linspace. */
ASH_API ash_array ash_linspace(ash_context *context, double start, double stop, int64_t count, const ash_make_options *options);

/* Weak scalars, as Python's numbers in NumPy 2: 0-d arrays of which only the kind takes part in promotion (float32 array + ash_real is
 * float32). An integer that does not fit the dtype it is promoted to is an error. */
ASH_API ash_array ash_bool(ash_context *context, bool value);
ASH_API ash_array ash_int(ash_context *context, int64_t value);
ASH_API ash_array ash_real(ash_context *context, double value);
ASH_API ash_array ash_complex(ash_context *context, double real, double imag);

/* An array that carries an error of the caller's: what bindings and builders of your own return when they refuse an argument. `sentence`
 * is copied; a `status` that is no error counts as ASH_ERR_ARGUMENT. */
ASH_API ash_array ash_failed(ash_context *context, ash_status status, const char *sentence);

/* The values as another dtype. Lazy. Shape, names, coordinates and attributes are kept. Floating to integer truncates towards zero; what
 * does not fit saturates and NaN gives 0 (NumPy leaves both undefined); integer to narrower integer wraps; complex to real drops the
 * imaginary part; anything but zero is true (NaN too). */
ASH_API ash_array ash_cast(ash_array a, ash_dtype dtype);

/* ---- Asking. None of these computes, but for extents of what masks select: the first of ash_size(), ash_shape(), ash_extent(), ash_chunk_count() that
 * asks for them counts, and the array keeps the counts (may run, collective). ---- */

/* Whether the array is usable. If not, its error becomes the context's recorded error, see ash_error(). */
ASH_API bool ash_ok(ash_array a);
/* The status the array carries; ASH_OK if it is usable. */
ASH_API ash_status ash_array_status(ash_array a);
ASH_API ash_dtype ash_array_dtype(ash_array a); /* ASH_DTYPE_COUNT for a failed array */
ASH_API int ash_ndim(ash_array a);              /* -1 for a failed array */
ASH_API int64_t ash_size(ash_array a);          /* number of elements; -1 for a failed array */
ASH_API int ash_shape(ash_array a, int64_t shape[]); /* extents into room for ash_ndim(a), at most ASH_MAX_NDIM; returns their number, -1 for a failed array */
ASH_API int64_t ash_extent(ash_array a, int axis); /* axis may be negative, from the end; -1 if there is no such axis */
ASH_API const char *ash_dim_name(ash_array a, int axis); /* NULL for an anonymous or absent one; lives as long as the array */
ASH_API int ash_axis(ash_array a, const char *dim);      /* axis number of a dimension given by name or position; -1 if there is none */
ASH_API int64_t ash_chunk_count(ash_array a, int axis);
ASH_API int64_t ash_chunk_extent(ash_array a, int axis, int64_t chunk); /* -1 if there is no such chunk */
ASH_API const char *ash_array_name(ash_array a); /* the variable's name; NULL if it has none */

/* ---- Names, coordinates, attributes. All lazy; each returns a new array and leaves `a` as it is. ----
 * Dimension names, 1-D coordinates and attributes travel with an array through slicing, reductions and elementwise operations. Attributes are kept
 * by operations that keep the meaning (slicing, transposing, rechunking, casting, min, max, mean, ...) and dropped by the others, except on coordinates. */

/* Names all dimensions, "time,lat,lon"; "" makes all anonymous. A name may not stand twice. A coordinate whose dimension is renamed
 * keeps its values. */
ASH_API ash_array ash_set_dims(ash_array a, const char *dims);
/* Gives a dimension its coordinate: a 1-D real array of that length. May run, collective: the values of the coordinate are computed and
 * kept (they count against the memory limit's slack). */
ASH_API ash_array ash_set_coord(ash_array a, const char *dim, ash_array coord);
/* The coordinate of a dimension as a 1-D array with its attributes. Error if the dimension has none. */
ASH_API ash_array ash_coord(ash_array a, const char *dim);
ASH_API bool ash_has_coord(ash_array a, const char *dim);
/* Without the coordinates of these dimensions ("time,lat"; NULL: all). */
ASH_API ash_array ash_drop_coords(ash_array a, const char *dims);
/* Sets (text) or removes (text NULL) one attribute. */
ASH_API ash_array ash_set_attr(ash_array a, const char *name, const char *text);
/* The same for a number. */
ASH_API ash_array ash_set_attr_real(ash_array a, const char *name, double value);
/* Text of an attribute, NULL if there is none or it is not text; lives as long as the array. */
ASH_API const char *ash_attr(ash_array a, const char *name);
/* First number of an attribute; false if there is none. */
ASH_API bool ash_attr_real(ash_array a, const char *name, double *value);

/* ---- Scopes and lifetime. ----
 * Arrays live until their context or their scope ends. Scopes nest. Ending one frees every array made in it, except those in `keep` and what they are made from, which pass to the
 * enclosing scope. A handle used after its end is refused by a sentence: serials are never reused. */
ASH_API ash_status ash_scope_begin(ash_context *context);
ASH_API ash_status ash_scope_end(ash_context *context, const ash_array keep[], int n);

#ifdef __cplusplus
}
#endif
#endif
