#include "io/hdf5_zstd.h"

#include "io/codec.h"

#include <hdf5.h>

enum { HEADER_MOST = 1 << 30 };

/* HDF5's filter callback: replaces *buffer by its encoded or decoded form and returns its bytes, 0 on failure. */
static size_t filter_zstd(unsigned flags, size_t count, const unsigned values[], size_t bytes, size_t *capacity, void **buffer) {
    ash_filter filter = { .id = ASH_FILTER_ZSTD, .count = count > 0 };
    int decode = (flags & H5Z_FLAG_REVERSE) != 0;
    const ash_codec *codec = ash_codec_find(ASH_FILTER_ZSTD);
    if (count > 0)
        filter.value[0] = values[0];
    /* *capacity is what HDF5 expects of a decoded chunk, or a little more. */
    size_t room = decode ? (*capacity > bytes ? *capacity : 8 * bytes) : (size_t)ash_pipeline_bound((int64_t)bytes);
    for (; room <= HEADER_MOST; room *= 2) {
        void *out = H5allocate_memory(room, 0);
        int64_t written = 0;
        if (!out)
            return 0;
        if (decode ? codec->decode(&filter, *buffer, (int64_t)bytes, out, (int64_t)room, &written) == NULL
                   : (written = codec->encode(&filter, *buffer, (int64_t)bytes, out, (int64_t)room)) > 0) {
            H5free_memory(*buffer);
            *buffer = out;
            *capacity = room;
            return (size_t)written;
        }
        H5free_memory(out);
        if (!decode)
            return 0;
    }
    return 0;
}

void ash_hdf5_offer_zstd(void) {
    static const H5Z_class2_t class = { .version = H5Z_CLASS_T_VERS,
        .id = ASH_FILTER_ZSTD,
        .encoder_present = 1,
        .decoder_present = 1,
        .name = "zstd",
        .filter = filter_zstd };
    const ash_codec *codec = ash_codec_find(ASH_FILTER_ZSTD);
    if (codec->encode && codec->decode && H5Zfilter_avail(ASH_FILTER_ZSTD) <= 0)
        H5Zregister(&class);
}
