#include "io/hdf5_recorder.h"

#include "base/memory.h"
#include "io/hdf5_heaps.h"

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
    (void)flags;
    /* Datasets behind external links and virtual ones make HDF5 open other files with the driver of the first: those are not read here. */
    recorder *file = !opening || fstat(opening->fd, &about) != 0 ? NULL : ash_calloc(1, sizeof *file);
    if (!file) {
        if (opening)
            opening->failure = ENOMEM;
        return NULL;
    }
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

/* Whether a transfer is only noted. */
static int noted(ash_recording *recording, H5FD_mem_t type, haddr_t address, size_t bytes) {
    if (type != H5FD_MEM_DRAW || !recording->on)
        return 0;
    recording->transfers++;
    recording->address = (int64_t)address;
    recording->bytes = (int64_t)bytes;
    return 1;
}

static herr_t recorder_read(H5FD_t *base, H5FD_mem_t type, hid_t transfer, haddr_t address, size_t bytes, void *buffer) {
    recorder *file = (recorder *)base;
    size_t left = bytes;
    (void)transfer;
    if (noted(file->recording, type, address, bytes))
        return 0;
    for (char *to = buffer; left > 0;) {
        ssize_t got = pread(file->recording->fd, to, left, (off_t)address);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return -1;
        to += got;
        address += (haddr_t)got;
        left -= (size_t)got;
    }
    if (type == H5FD_MEM_LHEAP && !ash_hdf5_heap_is_sound(file->recording->fd, (int64_t)base->base_addr, buffer, (int64_t)bytes))
        file->recording->endless = 1;
    return file->recording->endless ? -1 : 0;
}

static herr_t recorder_write(H5FD_t *base, H5FD_mem_t type, hid_t transfer, haddr_t address, size_t bytes, const void *buffer) {
    recorder *file = (recorder *)base;
    ash_recording *recording = file->recording;
    (void)transfer;
    file->size = address + bytes > file->size ? address + bytes : file->size;
    if (noted(recording, type, address, bytes))
        return 0;
    while (bytes > 0 && recording->failure == 0 && !recording->dropped) {
        ssize_t put = pwrite(recording->fd, buffer, bytes, (off_t)address);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0) {
            recording->failure = put < 0 ? errno : EIO;
            break;
        }
        buffer = (const char *)buffer + put;
        address += (haddr_t)put;
        bytes -= (size_t)put;
    }
    return 0;
}

/* HDF5 sets the end of the file to what it has allocated. */
static herr_t recorder_truncate(H5FD_t *base, hid_t transfer, hbool_t closing) {
    recorder *file = (recorder *)base;
    ash_recording *recording = file->recording;
    (void)transfer, (void)closing;
    if (file->size != file->allocated && recording->failure == 0 && !recording->dropped &&
        ftruncate(recording->fd, (off_t)file->allocated) != 0)
        recording->failure = errno;
    file->size = file->allocated;
    return 0;
}

static const H5FD_class_t recorder_class = {
#ifdef H5FD_CLASS_VERSION /* since HDF5 1.14; drivers that are not registered with its makers have numbers from 512 on */
    .version = H5FD_CLASS_VERSION,
    .value = (H5FD_class_value_t)600,
#endif
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
    .truncate = recorder_truncate,
    .fl_map = H5FD_FLMAP_DICHOTOMY,
};

/* Instead of the 32 MiB that the index of many chunks would grow to. */
static void bound_metadata(hid_t access) {
    H5AC_cache_config_t config = { .version = H5AC__CURR_CACHE_CONFIG_VERSION };
    if (H5Pget_mdc_config(access, &config) < 0)
        return;
    config.set_initial_size = 1;
    config.initial_size = ASH_HDF5_METADATA_BYTES / 2;
    config.min_size = ASH_HDF5_METADATA_BYTES / 4;
    config.max_size = ASH_HDF5_METADATA_BYTES;
    H5Pset_mdc_config(access, &config);
}

hid_t ash_recorder_open(const char *path, int writable, ash_recording *recording) {
    hid_t access = H5Pcreate(H5P_FILE_ACCESS), file = -1;
    recording->driver = H5FDregister(&recorder_class);
    opening = recording;
    if (access >= 0)
        bound_metadata(access);
    if (recording->driver >= 0 && access >= 0 && H5Pset_driver(access, recording->driver, NULL) >= 0)
        file = H5Fopen(path, writable ? H5F_ACC_RDWR : H5F_ACC_RDONLY, access);
    opening = NULL;
    if (access >= 0)
        H5Pclose(access);
    if (file < 0)
        ash_recorder_close(file, recording);
    return file;
}

void ash_recorder_close(hid_t file, ash_recording *recording) {
    if (file >= 0)
        H5Fclose(file);
    if (recording->driver >= 0)
        H5FDunregister(recording->driver); /* not before: HDF5 gives up an open file's reference to its driver, and then calls the driver */
    recording->driver = -1;
}
