/* Datasets made by HDF5 with odd layouts, and the comparison of what Ashlar reads of them with what they hold. */
#ifndef ASH_TEST_IO_STORED_SUPPORT_H
#define ASH_TEST_IO_STORED_SUPPORT_H

#include "support.h"

#include "io/hdf5_reader.h"

#include <hdf5.h>

enum { SAMPLE_NDIM = 4 };

/* How a dataset is stored. */
typedef struct sample {
    const char *name;
    int ndim;
    hsize_t shape[SAMPLE_NDIM], chunk[SAMPLE_NDIM]; /* chunk 0: not chunked */
    int unlimited;                                  /* so many dimensions, from the first on */
    int latest;                                     /* libver: latest, else earliest */
    H5D_chunk_index_t index;                        /* that HDF5 must choose */
    H5D_alloc_time_t allocation;
    unsigned options; /* H5Pset_chunk_opts */
} sample;

/* Who reads a dataset when even small ones are read without the library. */
typedef enum reader { BY_ASHLAR, BY_LIBRARY } reader;

/* Creation properties of a sample, for H5Pclose(). */
hid_t creation_of(const sample *as);
/* A new file of this name in the test's folder. */
hid_t create_file(const char *name, int latest);
/* Creates a dataset; it is the caller's to close. */
hid_t create_dataset(hid_t file, const char *name, hid_t type, const sample *as, hid_t creation);
int64_t sample_elements(const sample *as);

/* The type of a dtype in the machine's or the other byte order, for H5Tclose(). */
hid_t stored_type(ash_dtype dtype, int swap);
/* Numbers that are finite in any dtype; `rough` ones do not compress. Memory is the caller's to free. */
void *random_values(ash_dtype dtype, int64_t n, int rough, uint64_t seed);
/* The values of a dataset as HDF5 reads them into memory filled with `absent` (NULL: zeros), which the caller frees. */
void *values_by_hdf5(const char *path, const char *name, ash_dtype dtype, const void *absent);

/* Reads all of a variable, random boxes of it, and boxes by several threads at once; everything must be as `expected`. */
void check_dataset(const char *path, const char *name, ash_dtype dtype, const void *expected, reader who);
/* The same against what HDF5 reads. */
void check_against_hdf5(const char *path, const char *name, ash_dtype dtype, reader who);
/* Who reads chunks with a filter, in this build. */
reader reader_of(int filter);
/* Whether the tests read small variables without the library, too. */
int is_direct_run(void);

#endif
