/* The plain HDF5 driver's parts that the NetCDF driver uses: values are always read by HDF5. */
#ifndef ASH_IO_HDF5_READER_H
#define ASH_IO_HDF5_READER_H

#include "io/hdf5_dataset.h"
#include "io/stored.h"

/* What a variable of either driver keeps. */
typedef struct ash_hdf5_variable {
    hid_t dataset;
    double fill[1];    /* of what lies beyond the dataset's end: 8 bytes, in the variable's dtype */
    double absent[1];  /* of what was never written */
    int leaves_absent; /* these three as in ash_hdf5_about */
    int unavailable;
    int direct;
    char *path;         /* of the dataset */
    ash_stored *stored; /* NULL: read by HDF5 */
} ash_hdf5_variable;

/* Opens the dataset that `path` names as the data of `out`, with a chunk cache as large as its reads need. */
ash_status ash_hdf5_attach(
    hid_t file, const char *path, const ash_hdf5_about *about, const char *function, ash_variable *out, ash_error_state *error);
/* Fills *out from HDF5 alone; ASH_ERR_NOT_FOUND without a sentence if there is no such dataset. `file_path` is for the sentences. */
ash_status ash_hdf5_find(
    hid_t file, const char *file_path, const char *path, const char *function, ash_variable *out, ash_error_state *error);
void ash_hdf5_forget(ash_file *file, ash_variable *variable);
/* Variables of fewer bytes are not worth looking where their chunks are. Tests set it to 0. */
extern int64_t ash_hdf5_small_bytes;
/* Looks where the chunks of a variable are, if it is one that we can read and large enough to be worth it. */
void ash_hdf5_prepare(ash_file *file, ash_variable *variable);
ash_status ash_hdf5_read_variable(ash_file *file, const ash_variable *variable, const int64_t start[], const int64_t extent[],
    const int64_t step[], void *buffer, ash_read_scratch *scratch, ash_error_state *error);

/* Whether the file has the signature of HDF5, at its start or behind a user block. */
int ash_hdf5_recognise(const char *path, const unsigned char *head, int64_t n);
/* Opens a file for reading. A negative id on failure. */
hid_t ash_hdf5_open_file(const char *path, const char *function, ash_error_state *error);

#endif
