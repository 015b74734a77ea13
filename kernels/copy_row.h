/* Template: copies of elements of the unsigned type WORD, in memory whose alignment is not known. */

/* n elements, any strides in bytes. */
static void NAME(line)(char *out, int64_t out_step, const char *in, int64_t in_step, int64_t n) {
    if (in_step == 0) {
        WORD value;
        memcpy(&value, in, sizeof(WORD));
        for (int64_t i = 0; i < n; i++)
            memcpy(out + i * out_step, &value, sizeof(WORD));
        return;
    }
    for (int64_t i = 0; i < n; i++)
        memcpy(out + i * out_step, in + i * in_step, sizeof(WORD));
}

/* One square tile: `out` is dense along its rows, `in` along its columns. Lines are gathered in a buffer, so that both sides are touched a cache line at a time. */
static void NAME(tile)(char *out, int64_t out_row, const char *in, int64_t in_column) {
    enum { SIDE = TILE_SIDE(sizeof(WORD)) };
    WORD tile[SIDE][SIDE];
    for (int c = 0; c < SIDE; c++) {
        memcpy(tile[c], in + c * in_column, sizeof(tile[c]));
        __builtin_prefetch(in + (c + SIDE) * in_column, 0); /* the next tile's lines; fetching those to be written doubles the speed */
        __builtin_prefetch(out + c * out_row + (int64_t)sizeof(tile[c]), 1);
    }
    for (int r = 0; r < SIDE; r++) {
        WORD row[SIDE];
        for (int c = 0; c < SIDE; c++)
            row[c] = tile[c][r];
        memcpy(out + r * out_row, row, sizeof(row));
    }
}
