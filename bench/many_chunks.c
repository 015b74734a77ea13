/* Opening a variable of 40,000 chunks and reading one element of it, which is when its chunks are looked up, beside HDF5 reading all of them one by one
 * with nothing in between: so far one must go to know where they are, where the library has no faster call. */
#include "cases.h"
#include "files.h"

#include <hdf5.h>
#include <stdlib.h>

enum { CHUNKS = 40000, SIDE = 16 };

typedef struct chunks_job {
    double found;
    int64_t bytes;
} chunks_job;

static bool write_chunks(const char *path) {
    const hsize_t shape[3] = { CHUNKS, SIDE, SIDE }, chunk[3] = { 1, SIDE, SIDE };
    float values[SIDE * SIDE];
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), space = H5Screate_simple(3, shape, NULL);
    hid_t how = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(how, 3, chunk);
    H5Pset_deflate(how, 1);
    hid_t dataset = H5Dcreate2(file, "t", H5T_NATIVE_FLOAT, space, H5P_DEFAULT, how, H5P_DEFAULT), one = H5Screate_simple(3, chunk, NULL);
    bool fine = dataset >= 0;
    for (hsize_t k = 0; k < CHUNKS && fine; k++) {
        const hsize_t start[3] = { k, 0, 0 };
        for (int i = 0; i < SIDE * SIDE; i++)
            values[i] = (float)k;
        fine = H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, chunk, NULL) >= 0 &&
            H5Dwrite(dataset, H5T_NATIVE_FLOAT, one, space, H5P_DEFAULT, values) >= 0;
    }
    H5Sclose(one);
    H5Dclose(dataset);
    H5Pclose(how);
    H5Sclose(space);
    return H5Fclose(file) >= 0 && fine;
}

static bool begin(bench_job *job) {
    static const char *const name[] = { "chunks.h5" };
    job->state = calloc(1, sizeof(chunks_job));
    job->bytes = (int64_t)CHUNKS * SIDE * SIDE * 4;
    if (!job->state || !bench_files_begin(job->which->name, 1, name))
        return false;
    return write_chunks(bench_file(0)) || bench_fail("%s cannot be written", bench_file(0));
}

static bool measured(bench_job *job) {
    chunks_job *c = job->state;
    float value = 0;
    ash_scope_begin(job->ctx);
    ash_status status = ash_compute(ash_index(ash_open(job->ctx, bench_file(0), "t", NULL), "31234, 3, 4"), &value, sizeof value, NULL);
    ash_scope_end(job->ctx, NULL, 0);
    c->found = (double)value;
    return status == ASH_OK || bench_fail("%s: %s", job->which->name, ash_error(job->ctx));
}

static bool limit(bench_job *job) {
    chunks_job *c = job->state;
    hid_t file = H5Fopen(bench_file(0), H5F_ACC_RDONLY, H5P_DEFAULT), dataset = H5Dopen2(file, "t", H5P_DEFAULT);
    unsigned char stored[SIDE * SIDE * 8];
    bool fine = dataset >= 0;
    c->bytes = 0;
    for (hsize_t k = 0; k < CHUNKS && fine; k++) {
        const hsize_t start[3] = { k, 0, 0 };
        hsize_t bytes = 0;
        uint32_t mask;
        fine = H5Dget_chunk_storage_size(dataset, start, &bytes) >= 0 && bytes <= sizeof stored &&
            H5Dread_chunk(dataset, H5P_DEFAULT, start, &mask, stored) >= 0;
        c->bytes += (int64_t)bytes;
    }
    H5Dclose(dataset);
    H5Fclose(file);
    return fine || bench_fail("the bare loop cannot read %s", bench_file(0));
}

static bool check(bench_job *job) {
    const chunks_job *c = job->state;
    return (c->found == 31234 && c->bytes > CHUNKS) || bench_fail("%s: found %g, expected 31234", job->which->name, c->found);
}

static void end(bench_job *job) {
    free(job->state);
    bench_files_end();
}

const bench_case bench_open_40000_chunks = { .name = "open_40000_chunks",
    .about = "opening a variable of 40,000 chunks and reading one element",
    .size = 1,
    .begin = begin,
    .measured = measured,
    .limit = limit,
    .check = check,
    .end = end };
