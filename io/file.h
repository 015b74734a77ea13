/* An open file as the drivers see it. */
#ifndef ASH_IO_FILE_H
#define ASH_IO_FILE_H

#include "io/io.h"

#include <time.h>

/* A variable that was asked for; kept until the file is closed, so that pointers to it stay valid. */
typedef struct ash_file_entry {
    ash_variable variable; /* first: a pointer to it is a pointer to the entry */
    char *path;            /* groups and name, "grp1/T" */
    int prepared;          /* atomically: driver->prepare() was called */
    struct ash_file_entry *next;
} ash_file_entry;

struct ash_file {
    int references;
    char *path;               /* as the user gave it */
    int fd;                   /* open for reading; -1 for a folder */
    int64_t size;             /* bytes when it was opened */
    struct timespec modified; /* its time of modification then */
    const ash_driver *driver;
    void *driver_data;
    ash_attrs *attrs; /* set by the driver's open */
    ash_file_entry *entries;
};

/* The rows of the driver table, ended by NULL. */
extern const ash_driver *const ash_drivers[];
extern const ash_driver ash_classic_driver, ash_netcdf_driver, ash_hdf5_driver, ash_zarr_driver, ash_npy_driver;
/* Only for ash_file_open_raw(): recognises nothing. */
extern const ash_driver ash_raw_driver;

/* Opens the file of `path` for reading and looks at it: sets *fd (-1 for a folder), *size and the first bytes. Errors in sentences. */
ash_status ash_sniff(const char *path, const char *function, int *fd, int64_t *size, unsigned char head[], int64_t capacity, int64_t *n,
    ash_error_state *error);
/* The sentence for a file or folder that no driver recognises. */
ash_status ash_fail_unknown_format(
    const char *path, const char *function, int64_t size, const unsigned char *head, int64_t n, ash_error_state *error);

/* Copies `bytes` bytes of text with a terminator; NULL when out of memory. */
char *ash_text_copy(const char *text, int64_t bytes);

/* The last part of a path without its extensions of formats, "sst" of "a/sst.zarr.zip": the name of what is alone in a file. Returns `name`. */
const char *ash_base_name(const char *path, char *name, int64_t size);

/* The most characters, or strings, that a text variable is read with. */
enum { ASH_TEXT_MOST = 16 << 20 };
/* Adds `rows` rows of `width` characters, without what follows a zero and blanks at the end. 0 when out of memory. */
int ash_add_rows_of_text(ash_name_list *texts, const char *characters, int64_t rows, int64_t width);
/* "file "x.nc" has no variable 'tmp', nearest is 'temp' (it has a, b, c)". */
ash_status ash_fail_no_variable(
    const char *path, const char *wanted, const char *function, const ash_name_list *names, ash_error_state *error);
/* The same for no name at all in a file that has not just one variable. */
ash_status ash_fail_no_name(const char *path, const char *function, const ash_name_list *names, ash_error_state *error);

#endif
