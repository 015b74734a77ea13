#include "io/hdf5_recorder.h"

#include "base/memory.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct recorder {
    H5FD_t base; /* first: HDF5's part of it */
    haddr_t allocated, size;
    ash_recording *recording;
} recorder;

/* HDF5 has no way to hand a pointer to the open callback but through properties that it copies; files are opened under the lock. */
static ash_recording *opening;

static H5FD_t *recorder_open(const char *path, unsigned flags, hid_t access, haddr_t most) {
    struct stat about;
    (void)path, (void)access, (void)most;
    recorder *file = flags & H5F_ACC_RDWR || fstat(opening->fd, &about) != 0 ? NULL : ash_calloc(1, sizeof *file);
    if (!file)
        return NULL;
    file->size = (haddr_t)about.st_size;
    file->recording = opening;
    return &file->base;
}

static herr_t recorder_close(H5FD_t *base) {
    ash_free(base);
    return 0;
}

static herr_t recorder_query(const H5FD_t *base, unsigned long *flags) {
    (void)base;
    *flags = 0;
    return 0;
}

static haddr_t recorder_allocated(const H5FD_t *base, H5FD_mem_t type) {
    (void)type;
    return ((const recorder *)base)->allocated;
}

static herr_t recorder_allocate(H5FD_t *base, H5FD_mem_t type, haddr_t bytes) {
    (void)type;
    ((recorder *)base)->allocated = bytes;
    return 0;
}

static haddr_t recorder_size(const H5FD_t *base, H5FD_mem_t type) {
    (void)type;
    return ((const recorder *)base)->size;
}

static herr_t recorder_read(H5FD_t *base, H5FD_mem_t type, hid_t transfer, haddr_t address, size_t bytes, void *buffer) {
    recorder *file = (recorder *)base;
    (void)transfer;
    if (type == H5FD_MEM_DRAW && file->recording->on) {
        file->recording->reads++;
        file->recording->address = (int64_t)address;
        file->recording->bytes = (int64_t)bytes;
        return 0;
    }
    while (bytes > 0) {
        ssize_t got = pread(file->recording->fd, buffer, bytes, (off_t)address);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return -1;
        buffer = (char *)buffer + got;
        address += (haddr_t)got;
        bytes -= (size_t)got;
    }
    return 0;
}

static herr_t recorder_write(H5FD_t *base, H5FD_mem_t type, hid_t transfer, haddr_t address, size_t bytes, const void *buffer) {
    (void)base, (void)type, (void)transfer, (void)address, (void)bytes, (void)buffer;
    return -1; /* files are open for reading only */
}

static const H5FD_class_t recorder_class = {
    .name = "ashlar_recorder",
    .maxaddr = INT64_MAX,
    .fc_degree = H5F_CLOSE_STRONG,
    .open = recorder_open,
    .close = recorder_close,
    .query = recorder_query,
    .get_eoa = recorder_allocated,
    .set_eoa = recorder_allocate,
    .get_eof = recorder_size,
    .read = recorder_read,
    .write = recorder_write,
    .fl_map = H5FD_FLMAP_DICHOTOMY,
};

hid_t ash_recorder_open(const char *path, ash_recording *recording) {
    hid_t driver = H5FDregister(&recorder_class), access = H5Pcreate(H5P_FILE_ACCESS), file = -1;
    opening = recording;
    if (driver >= 0 && access >= 0 && H5Pset_driver(access, driver, NULL) >= 0)
        file = H5Fopen(path, H5F_ACC_RDONLY, access);
    opening = NULL;
    if (access >= 0)
        H5Pclose(access);
    if (driver >= 0)
        H5FDunregister(driver); /* an open file keeps its own reference */
    return file;
}
