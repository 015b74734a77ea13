/* Writes the inputs that fuzzing starts from: small files of every format, tables of chunks with every filter, texts, journals.
 *
 *     make_seeds FOLDER     makes FOLDER/classic, FOLDER/hdf5, FOLDER/chunks, FOLDER/text, FOLDER/journal */
#include "chunk_input.h"
#include "encoders.h"

#include <hdf5.h>
#include <netcdf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char root[512];

static const char *seed(const char *target, const char *name) {
    static char path[1024];
    snprintf(path, sizeof path, "%s/%s/%s", root, target, name);
    return path;
}

static void must(int holds, const char *what) {
    if (!holds) {
        fprintf(stderr, "make_seeds: %s\n", what);
        exit(1);
    }
}

static void write_seed(const char *target, const char *name, const void *bytes, size_t n) {
    FILE *stream = fopen(seed(target, name), "wb");
    must(stream && fwrite(bytes, 1, n, stream) == n && fclose(stream) == 0, "a file cannot be written");
}

/* ---- Classic ---- */

static void make_classic(const char *name, int format, int types, int records) {
    static const nc_type type[10] = { NC_BYTE, NC_CHAR, NC_SHORT, NC_INT, NC_FLOAT, NC_DOUBLE, NC_UBYTE, NC_USHORT, NC_UINT64, NC_INT64 };
    static const double values[64] = { 1, 2, 3 };
    static const size_t zero[2] = { 0 }, count[2] = { 2, 3 };
    int file, dim[2], id;
    must(nc_create(seed("classic", name), NC_CLOBBER | format, &file) == NC_NOERR, "NetCDF-C cannot create a file");
    nc_def_dim(file, "t", records ? NC_UNLIMITED : 2, &dim[0]);
    nc_def_dim(file, "x", 3, &dim[1]);
    for (int i = 0; i < types; i++) {
        char variable[16];
        snprintf(variable, sizeof variable, "v%d", i);
        nc_def_var(file, variable, type[i], 2, dim, &id);
        if (type[i] != NC_CHAR)
            nc_put_att(file, id, "missing_value", type[i], 2, values);
    }
    nc_def_var(file, "x", NC_FLOAT, 1, dim + 1, &id);
    nc_put_att_text(file, id, "units", 5, "m s-1");
    nc_put_att_text(file, NC_GLOBAL, "title", 4, "seed");
    nc_enddef(file);
    for (int i = 0; i < types; i++)
        nc_put_vara(file, i, zero, count, values);
    must(nc_close(file) == NC_NOERR, "NetCDF-C cannot write a file");
}

/* ---- HDF5 ---- */

typedef struct layout {
    const char *name;
    H5F_libver_t version;
    int layout; /* H5D_layout_t */
    int unlimited, deflate, early;
} layout;

static void make_hdf5(const layout *as) {
    static const int16_t values[48] = { 1, 2, 3 };
    const hsize_t shape[2] = { 6, 8 }, chunk[2] = { 4, 3 },
                  most[2] = { as->unlimited > 0 ? H5S_UNLIMITED : 6, as->unlimited > 1 ? H5S_UNLIMITED : 8 };
    hid_t access = H5Pcreate(H5P_FILE_ACCESS), creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_libver_bounds(access, as->version, H5F_LIBVER_LATEST);
    H5Pset_layout(creation, (H5D_layout_t)as->layout);
    if (as->layout == H5D_CHUNKED)
        H5Pset_chunk(creation, 2, chunk);
    if (as->deflate) {
        H5Pset_shuffle(creation);
        H5Pset_deflate(creation, 4);
        H5Pset_fletcher32(creation);
    }
    if (as->early)
        H5Pset_alloc_time(creation, H5D_ALLOC_TIME_EARLY);
    hid_t file = H5Fcreate(seed("hdf5", as->name), H5F_ACC_TRUNC, H5P_DEFAULT, access), space = H5Screate_simple(2, shape, most),
          group = H5Gcreate2(file, "g", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
          dataset = H5Dcreate2(group, "v", H5T_STD_I16BE, space, H5P_DEFAULT, creation, H5P_DEFAULT), one = H5Screate(H5S_SCALAR),
          attribute = H5Acreate2(dataset, "scale_factor", H5T_IEEE_F64LE, one, H5P_DEFAULT, H5P_DEFAULT);
    must(H5Dwrite(dataset, H5T_NATIVE_INT16, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0, "HDF5 cannot write a dataset");
    H5Awrite(attribute, H5T_NATIVE_DOUBLE, &(double){ 0.5 });
    H5Aclose(attribute);
    H5Sclose(one);
    H5Dclose(dataset);
    H5Gclose(group);
    H5Sclose(space);
    H5Fclose(file);
    H5Pclose(creation);
    H5Pclose(access);
}

/* ---- Tables of chunks ---- */

typedef struct bytes {
    unsigned char at[1 << 16];
    size_t n;
} bytes;

static void put(bytes *out, unsigned number, int size) {
    for (int i = 0; i < size; i++)
        out->at[out->n++] = (unsigned char)(number >> 8 * i);
}

/* Two chunks of 10 x 4 elements of 4 bytes, in two dimensions. */
static void make_chunks(const char *name, const ash_pipeline *pipeline, uint32_t mask) {
    static bytes out;
    unsigned char chunk[160];
    int64_t n;
    for (int i = 0; i < 160; i++)
        chunk[i] = (unsigned char)(i % 4 == 0 ? i : i % 4);
    unsigned char *encoded = encode_chunk(pipeline, mask, chunk, sizeof chunk, &n);
    if (!encoded) /* built without */
        return;
    out.n = 0;
    put(&out, 2, 1);
    put(&out, 2 + 4, 1);
    put(&out, 10 - 1, 1); /* shape and chunk, axis by axis */
    put(&out, 10 - 1, 1);
    put(&out, 7 - 1, 1);
    put(&out, 4 - 1, 1);
    put(&out, (unsigned)pipeline->count, 1);
    for (int i = 0; i < pipeline->count; i++) {
        unsigned row = 0;
        while (chunk_filters[row] != pipeline->filter[i].id)
            row++;
        put(&out, row, 1);
        put(&out, (unsigned)pipeline->filter[i].count, 1);
        for (int k = 0; k < pipeline->filter[i].count; k++)
            put(&out, pipeline->filter[i].value[k], 4);
    }
    unsigned first = (unsigned)out.n + 2 * 5 + 3;
    for (unsigned k = 0; k < 2; k++) {
        put(&out, first + k * (unsigned)n, 2);
        put(&out, (unsigned)n, 2);
        put(&out, mask, 1);
    }
    put(&out, 0x210310, 3);
    for (int k = 0; k < 2; k++) {
        memcpy(out.at + out.n, encoded, (size_t)n);
        out.n += (size_t)n;
    }
    free(encoded);
    write_seed("chunks", name, out.at, out.n);
}

/* ---- */

static void make_texts(void) {
    static const char *const text[] = { "\0time,lat", "\0-1,0", "\1time,,lon",
        "\2"
        "time=2:10:2, ::-1, 5",
        "\2..., newaxis, -1", "\3time=4, lat=30:30:30",
        "\3"
        "4, auto, -1",
        "\4"
        "1.5 GiB",
        "\5"
        "decimals=2; dims='time,lat'; shape=[3, 4]; x=1+2j; on=true",
        "\6hours since 1900-01-01 00:00:0.0\nnoleap", "\6months since 2000-1-1\n360_day" };
    static const size_t bytes_of_first[2] = { 9, 5 };
    for (size_t i = 0; i < sizeof text / sizeof text[0]; i++) {
        char name[16];
        snprintf(name, sizeof name, "text%d", (int)i);
        write_seed("text", name, text[i], i < 2 ? bytes_of_first[i] : strlen(text[i]));
    }
}

/* A byte that says which checksums the target makes right, one for the size of the file beside, the header, and records of 40 bytes. */
static void make_journals(void) {
    static const struct {
        int64_t variable, place[3]; /* the chunk, its offset and its bytes */
    } records[] = { { 0, { 1, 0, 64 } }, { 2, { 19, 64, 16 } }, { 2, { 3, 80, 0 } }, { 1, { 0, 0, 16 } }, { 2, { 20, 0, 16 } },
        { -1, { 0, 0, 16 } }, { 0, { -1, 0, 16 } }, { 0, { 2, -16, 16 } }, { 0, { 0, INT64_MIN, 16 } }, { 2, { 1, 16, INT64_MAX } },
        { 2, { 2, INT64_MAX, INT64_MAX } }, { 2, { 7, 0, -5 } } };
    static bytes out;
    for (unsigned mend = 0; mend < 4; mend++) {
        char name[16];
        out.n = 0;
        put(&out, mend, 1);
        put(&out, 8, 1);
        memset(out.at + out.n, 0, 64);
        out.n += 64;
        for (size_t k = 0; k < sizeof records / sizeof records[0]; k++) {
            put(&out, (unsigned)records[k].variable, 4);
            put(&out, 0, 4);
            memcpy(out.at + out.n, records[k].place, sizeof records[k].place);
            out.n += sizeof records[k].place;
            put(&out, 0, 4);
            put(&out, 0, 4);
        }
        snprintf(name, sizeof name, "records%u", mend);
        write_seed("journal", name, out.at, out.n - mend);
    }
    write_seed("journal", "empty", "\3\10", 2);
}

int main(int argc, char *argv[]) {
    static const char *const targets[] = { "classic", "hdf5", "chunks", "text", "journal" };
    static const layout layouts[] = {
        { "contiguous", H5F_LIBVER_EARLIEST, H5D_CONTIGUOUS, 0, 0, 0 },
        { "compact", H5F_LIBVER_LATEST, H5D_COMPACT, 0, 0, 0 },
        { "btree1", H5F_LIBVER_EARLIEST, H5D_CHUNKED, 1, 1, 0 },
        { "fixed_array", H5F_LIBVER_LATEST, H5D_CHUNKED, 0, 1, 0 },
        { "implicit", H5F_LIBVER_LATEST, H5D_CHUNKED, 0, 0, 1 },
        { "extensible_array", H5F_LIBVER_LATEST, H5D_CHUNKED, 1, 1, 0 },
        { "btree2", H5F_LIBVER_LATEST, H5D_CHUNKED, 2, 1, 0 },
    };
    static const struct {
        const char *name;
        uint32_t mask;
        ash_pipeline pipeline;
    } chunks[] = {
        { "plain", 0, { 0 } },
        { "deflate", 0, { 2, { { ASH_FILTER_SHUFFLE, 1, { 4 } }, { ASH_FILTER_DEFLATE, 1, { 4 } } } } },
        { "masked", 2, { 3, { { ASH_FILTER_SHUFFLE, 1, { 4 } }, { ASH_FILTER_DEFLATE, 1, { 4 } }, { ASH_FILTER_FLETCHER32, 0, { 0 } } } } },
        { "szip_ec", 0, { 1, { { ASH_FILTER_SZIP, 4, { 141, 8, 32, 16 } } } } },
        { "szip_nn", 0, { 1, { { ASH_FILTER_SZIP, 4, { 169, 16, 32, 32 } } } } },
        { "zstd", 0, { 1, { { ASH_FILTER_ZSTD, 0, { 0 } } } } },
        { "lz4", 0, { 1, { { ASH_FILTER_LZ4, 1, { 64 } } } } },
        { "blosc_lz", 0, { 1, { { ASH_FILTER_BLOSC, 7, { 2, 2, 4, 160, 5, 1, 0 } } } } },
        { "blosc_bits", 0, { 1, { { ASH_FILTER_BLOSC, 7, { 2, 2, 4, 160, 5, 2, 1 } } } } },
        { "blosc_zstd", 0, { 1, { { ASH_FILTER_BLOSC, 7, { 2, 2, 4, 160, 5, 1, 5 } } } } },
        { "several", 0, { 3, { { ASH_FILTER_ZSTD, 0, { 0 } }, { ASH_FILTER_LZ4, 0, { 0 } }, { ASH_FILTER_DEFLATE, 1, { 4 } } } } },
    };
    must(argc == 2, "expected one folder");
    snprintf(root, sizeof root, "%s", argv[1]);
    mkdir(root, 0777);
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++)
        mkdir(seed(targets[i], ""), 0777);
    for (int records = 0; records < 2; records++) {
        make_classic(records ? "cdf1_records" : "cdf1", 0, 6, records);
        make_classic(records ? "cdf2_records" : "cdf2", NC_64BIT_OFFSET, 3, records);
        make_classic(records ? "cdf5_records" : "cdf5", NC_64BIT_DATA, 10, records);
    }
    make_classic("lone_record", 0, 1, 1);
    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++)
        make_hdf5(&layouts[i]);
    for (size_t i = 0; i < sizeof chunks / sizeof chunks[0]; i++)
        make_chunks(chunks[i].name, &chunks[i].pipeline, chunks[i].mask);
    make_texts();
    make_journals();
    return 0;
}
