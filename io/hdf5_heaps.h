/* Local heaps, in which the older kind of HDF5 groups keeps names. HDF5 follows a heap's list of free blocks without end where it is a ring, taking memory at
 * each step, and copies as many bytes as a heap says it has; so heaps are looked at before it does. */
#ifndef ASH_IO_HDF5_HEAPS_H
#define ASH_IO_HDF5_HEAPS_H

#include <stdint.h>

/* Whether the heap whose header the `bytes` bytes at `header` begin with lies in the file, and its list of free blocks ends; true of what is no such header.
 * The HDF5 file begins at byte `base` of the file behind `fd`. */
int ash_hdf5_heap_is_sound(int fd, int64_t base, const unsigned char *header, int64_t bytes);

#endif
