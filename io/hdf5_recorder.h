/* A virtual file driver of HDF5 that tells where in the file raw data lie instead of reading or writing them, so that this can be done without the
 * library's lock. The caller holds the library scope. */
#ifndef ASH_IO_HDF5_RECORDER_H
#define ASH_IO_HDF5_RECORDER_H

#include <hdf5.h>
#include <stdint.h>

/* A failed write is kept in `failure` and not told to HDF5, which leaks what it holds and complains at exit when it cannot close a file. */
typedef struct ash_recording {
    hid_t driver;  /* of the open file */
    int fd;        /* what is read from and written to */
    int on;        /* transfers of raw data are noted, and neither read nor write anything */
    int transfers; /* noted since it was set to 0 */
    int64_t address, bytes;
    int failure; /* writing: errno of the first write that failed */
    int dropped; /* writing: nothing reaches the file any more */
    int endless; /* reading: a local heap was met, and refused, that HDF5 would never be done with */
} ash_recording;

/* What HDF5 may keep of a file's own structures while it is open so. */
enum { ASH_HDF5_METADATA_BYTES = 2 << 20 };

/* Opens the file behind recording->fd, for reading or (`writable`) for both; `path` is but a name. A negative id if it cannot. `recording` stays with
 * it until it is closed. */
hid_t ash_recorder_open(const char *path, int writable, ash_recording *recording);
void ash_recorder_close(hid_t file, ash_recording *recording);

#endif
