#include "io/hdf5_addresses.h"

enum { ABSENT_COUNTED = 4096, ABSENT_MOST = 1 << 18 };

void ash_hdf5_chunk_offset(const ash_stored *stored, int64_t k, hsize_t offset[]) {
    for (int a = stored->ndim - 1; a >= 0; a--) {
        offset[a] = (hsize_t)(k % stored->count[a] * stored->chunk[a]);
        k /= stored->count[a];
    }
}

/* ---- As the library lists them ---- */

#if H5_VERSION_GE(1, 14, 0)

typedef struct listing {
    ash_stored *stored;
    int64_t file_size;
    int wrong;
} listing;

static int list_chunk(const hsize_t *offset, unsigned mask, haddr_t address, hsize_t bytes, void *user) {
    listing *to = user;
    ash_stored *stored = to->stored;
    int64_t k = 0;
    for (int a = 0; a < stored->ndim && !to->wrong; a++) {
        hsize_t at = offset[a] / (hsize_t)stored->chunk[a];
        to->wrong = offset[a] % (hsize_t)stored->chunk[a] != 0 || at >= (hsize_t)stored->count[a];
        k = k * stored->count[a] + (int64_t)at;
    }
    to->wrong = to->wrong || address > INT64_MAX || bytes > INT64_MAX || stored->chunks[k].address >= 0 ||
        !ash_stored_place(stored, k, to->file_size, (int64_t)address, (int64_t)bytes, mask);
    return to->wrong ? H5_ITER_STOP : H5_ITER_CONT;
}

int ash_hdf5_list_chunks(hid_t dataset, int64_t file_size, int64_t chunks, ash_stored *stored) {
    listing to = { stored, file_size, 0 };
    for (int64_t k = 0; k < chunks; k++)
        stored->chunks[k] = (ash_stored_chunk){ .address = -1 };
    return H5Dchunk_iter(dataset, H5P_DEFAULT, list_chunk, &to) >= 0 && !to.wrong;
}

#else

int ash_hdf5_list_chunks(hid_t dataset, int64_t file_size, int64_t chunks, ash_stored *stored) {
    (void)dataset, (void)file_size, (void)chunks, (void)stored;
    return 0;
}

#endif

/* ---- As the library reads them ---- */

/* How many chunks there are; -1 where that cannot be known. */
static int64_t count_chunks(hid_t dataset) {
    hsize_t found = 0;
#if H5_VERSION_GE(1, 10, 5)
    hid_t space = H5Dget_space(dataset);
    int counted = space >= 0 && H5Dget_num_chunks(dataset, space, &found) >= 0 && found <= INT64_MAX;
    if (space >= 0)
        H5Sclose(space);
    return counted ? (int64_t)found : -1;
#else
    return H5Dget_storage_size(dataset) == found ? 0 : -1;
#endif
}

/* HDF5 does not tell a chunk that is absent from one that it cannot find, so those that it has are counted. Where most are absent, that also tells when no more
 * are to come; asking for one of very many that are not there takes HDF5 longer than reading the others through it. */
int ash_hdf5_record_chunks(hid_t dataset, ash_recording *recording, int64_t file_size, int64_t chunks, ash_stored *stored) {
    hsize_t offset[ASH_MAX_NDIM];
    uint32_t mask = 0;
    int64_t present = 0, absent = 0, all = -1;
    char nowhere[1]; /* not written to: reads of raw data are only noted */
    for (int64_t k = 0; k < chunks; k++)
        stored->chunks[k] = (ash_stored_chunk){ .address = -1 };
    for (int64_t k = 0; k < chunks && present != all; k++) {
        ash_hdf5_chunk_offset(stored, k, offset);
        recording->transfers = 0;
        recording->on = 1;
        herr_t read = H5Dread_chunk(dataset, H5P_DEFAULT, offset, &mask, nowhere);
        recording->on = 0;
        if (read < 0 && recording->transfers == 0) {
            all = ++absent == ABSENT_COUNTED ? count_chunks(dataset) : all;
            if (absent == ABSENT_MOST)
                return 0;
            continue;
        }
        if (read < 0 || recording->transfers != 1 || !ash_stored_place(stored, k, file_size, recording->address, recording->bytes, mask))
            return 0;
        present++;
    }
    return present == chunks || present == (all < 0 ? count_chunks(dataset) : all);
}

/* ---- One block ---- */

int ash_hdf5_locate_contiguous(hid_t dataset, hid_t creation, int64_t file_size, ash_stored *stored) {
    H5D_space_status_t allocation;
    if (H5Pget_external_count(creation) != 0 || H5Dget_space_status(dataset, &allocation) < 0)
        return 0;
    if (allocation == H5D_SPACE_STATUS_NOT_ALLOCATED || H5Dget_storage_size(dataset) == 0) {
        stored->chunks[0].address = -1;
        return 1;
    }
    haddr_t address = H5Dget_offset(dataset);
    return address != HADDR_UNDEF && address <= INT64_MAX && H5Dget_storage_size(dataset) == (hsize_t)stored->chunk_bytes &&
        ash_stored_place(stored, 0, file_size, (int64_t)address, stored->chunk_bytes, 0);
}
