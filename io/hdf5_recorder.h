/* A virtual file driver of HDF5 that tells where in the file raw data lie instead of reading them. The caller holds the library scope. */
#ifndef ASH_IO_HDF5_RECORDER_H
#define ASH_IO_HDF5_RECORDER_H

#include <hdf5.h>
#include <stdint.h>

typedef struct ash_recording {
    int fd;    /* what is read from */
    int on;    /* reads of raw data are noted, and leave the buffer as it is */
    int reads; /* noted since `reads` was set to 0 */
    int64_t address, bytes;
} ash_recording;

/* Opens the file behind recording->fd for reading; `path` is but a name. A negative id if it cannot. `recording` stays with it until it is closed. */
hid_t ash_recorder_open(const char *path, ash_recording *recording);

#endif
