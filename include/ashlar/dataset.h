/* Datasets: what a file, or many files taken as one, hold: variables, dimensions, groups, attributes.
 *
 *     ash_dataset era = ash_dataset_open(ctx, "era5_*.nc", &(ash_dataset_options){ .join = "time" });
 *     puts(ash_dataset_describe(era));
 *     ash_array t = ash_dataset_variable(era, "t2m", NULL);
 *
 * Opening reads headers and, of many files, the coordinate they are joined along; no other data. A dataset belongs to its context and its
 * scope, as arrays do; nobody frees one. Arrays made from it live on their own. A failed opening gives a dataset that carries its error,
 * which ash_dataset_variable() passes on. All texts live as long as the dataset.
 */
#ifndef ASHLAR_DATASET_H
#define ASHLAR_DATASET_H

#include <ashlar/io.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A handle. Copy it freely. Zero-filled it is no dataset, and is refused by a sentence. */
typedef struct ash_dataset {
    ash_context *context;
    int64_t serial;
} ash_dataset;

/* How many files become one dataset. Zero-fill and set what you need. One of `join` and `stack` must be set for more than one file.
 *
 * The schema of the first file holds for all: its variables, their dimensions, dtypes and attributes. A variable that another file
 * lacks, or has with another dtype, other dimensions or other extents, is refused when it is opened, by a sentence that names the file;
 * the other variables can be used. Where files differ in packing (scale_factor, add_offset), missing values or time units, each is
 * decoded by its own attributes; times are then given in the units of the first file, and another calendar is an error. Other units are
 * not compared. Variables without the joined dimension are those of the first file.
 *
 * At most 32 of the files are open at a time (fewer where the process may open few); they are opened again when they are read. One that
 * has another size or time of change then is an error. Chunks of arrays consist of whole files, or lie within one. */
typedef struct ash_dataset_options {
    int64_t size;
    const char *join;  /* an existing dimension, joined in the order of the files. Its coordinate must rise or fall strictly all along:
                        * files that overlap or are out of order are an error that names both and their values. Without a coordinate,
                        * by position */
    const char *stack; /* a new first dimension along which files are stacked by position (ensembles). Coordinates, bounds and grid
                        * mappings are those of the first file */
    bool by_position;  /* with join: the files follow one another whatever their coordinate says; its values are joined as they are */
    bool sort;         /* with join: files in the order of their first coordinate value, whatever their names */
} ash_dataset_options;

/* Opens a file, or the files that a pattern with *, ?, [...] or {...} matches, in natural order of their names (run_9 before run_10).
 * Collective. Errors: no such file, a damaged one, no match, several files and neither join nor stack. NULL: no options. */
ASH_API ash_dataset ash_dataset_open(ash_context *context, const char *path, const ash_dataset_options *options);
/* The same for n >= 1 files in the order given. Collective. */
ASH_API ash_dataset ash_dataset_open_many(ash_context *context, int64_t n, const char *const paths[], const ash_dataset_options *options);

/* Whether the dataset is usable. If not, its error becomes the context's recorded error. */
ASH_API bool ash_dataset_ok(ash_dataset dataset);
ASH_API ash_status ash_dataset_status(ash_dataset dataset);

/* A variable by name or path ("grp1/T"), as ash_open() gives it. Reads coordinates, and what tells whether all files fit; collective.
 * Errors: those of ash_open(); a variable that does not fit in all files. */
ASH_API ash_array ash_dataset_variable(ash_dataset dataset, const char *variable, const ash_open_options *options);

/* Writes variables of the dataset into one file in shared passes: those of a list between commas, "t2m, precip", or all for NULL. What
 * their attributes name comes along (auxiliary coordinates, bounds, grid mappings, cell measures, formula terms, ancillary variables),
 * as do coordinates of their dimensions, all attributes and those of the file, so that this converts formats, compresses, packs and
 * joins. Runs, collective.
 *
 * Values are written as they are stored, with the same attributes, unless a line of options->encoding packs them anew. They are decoded
 * before where the files of the dataset store them differently, and, in a Zarr store, where floating ones have no _FillValue of their
 * own. Coordinates that have 64-bit or unsigned integers are narrowed for formats that have none. A grid mapping of characters is
 * written as an integer, for only its attributes count. Text and other variables that are no numbers are left out; to name one in the
 * list is an error. So are variables in groups: files are written without groups. The unlimited dimension stays one, if `unlimited`
 * names no other and it is the first of all variables that have it; "" is none. */
ASH_API ash_status ash_dataset_write(ash_dataset dataset, const char *path, const char *variables, const ash_write_options *options);

/* The values of a text variable, for labels. Reads; collective. Strings, or rows of characters along the last dimension without blanks
 * at their end. *texts has *n of them and lives as long as the dataset. At most 16 Mi characters or strings. */
ASH_API ash_status ash_dataset_text(ash_dataset dataset, const char *variable, int64_t *n, const char *const **texts);

/* What it holds as readable text, after the manner of ncdump -h. NULL for a failed dataset. */
ASH_API const char *ash_dataset_describe(ash_dataset dataset);

/* ---- Asking. None of these reads; -1, NULL or ASH_ERR_... for a failed dataset and beyond the last. ---- */

/* What a variable is for, by the conventions of CF. */
typedef enum ash_variable_role {
    ASH_ROLE_DATA,
    ASH_ROLE_COORDINATE, /* has the name of its only dimension */
    ASH_ROLE_AUXILIARY,  /* named by an attribute `coordinates`, such as latitudes of a curved grid */
    ASH_ROLE_BOUNDS,     /* named by `bounds` or `climatology` of a coordinate */
    ASH_ROLE_SUPPORT     /* named by `grid_mapping`, `cell_measures`, `ancillary_variables` or `formula_terms` */
} ash_variable_role;

typedef struct ash_variable_info {
    int64_t size;
    const char *name; /* with its groups, "grp1/T" */
    const char *type; /* the stored type: the name of a dtype, or "text (char)", "text (string)", "the type 'point'" */
    ash_dtype dtype;  /* stored, before decoding; ASH_DTYPE_COUNT for what is no number and cannot be opened as an array */
    ash_variable_role role;
    int32_t ndim;
    int64_t shape[ASH_MAX_NDIM], chunk[ASH_MAX_NDIM]; /* chunk: of a stored chunk, 0 where it is not stored in chunks */
    const char *dim[ASH_MAX_NDIM];                    /* NULL: anonymous */
    bool is_text;
} ash_variable_info;

ASH_API int64_t ash_dataset_variable_count(ash_dataset dataset);
/* The k-th variable in the order of the file. Zero-fill *info, or set its size. */
ASH_API ash_status ash_dataset_variable_info(ash_dataset dataset, int64_t k, ash_variable_info *info);
/* The number of a variable by name or path; -1 if there is none. */
ASH_API int64_t ash_dataset_variable_find(ash_dataset dataset, const char *variable);

typedef struct ash_dimension_info {
    int64_t size;
    const char *name; /* with its groups */
    int64_t extent;
    bool unlimited;
} ash_dimension_info;

ASH_API int64_t ash_dataset_dimension_count(ash_dataset dataset);
ASH_API ash_status ash_dataset_dimension_info(ash_dataset dataset, int64_t k, ash_dimension_info *info);

/* Paths of groups, "grp1", "grp1/inner"; the file itself is none. */
ASH_API int64_t ash_dataset_group_count(ash_dataset dataset);
ASH_API const char *ash_dataset_group(ash_dataset dataset, int64_t k);

/* The files it is made of. */
ASH_API int64_t ash_dataset_file_count(ash_dataset dataset);
ASH_API const char *ash_dataset_file(ash_dataset dataset, int64_t k);

/* Attributes as they are stored: of a variable, of a group, or of the whole file where `owner` is NULL. Names in the order of the file;
 * text is NULL for one that is no text, and the number, its first, is false for one that is. */
ASH_API int64_t ash_dataset_attr_count(ash_dataset dataset, const char *owner);
ASH_API const char *ash_dataset_attr_name(ash_dataset dataset, const char *owner, int64_t k);
ASH_API const char *ash_dataset_attr(ash_dataset dataset, const char *owner, const char *name);
ASH_API bool ash_dataset_attr_real(ash_dataset dataset, const char *owner, const char *name, double *value);

#ifdef __cplusplus
}
#endif
#endif
