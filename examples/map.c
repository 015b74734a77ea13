#include "map.h"

#include "canvas.h"
#include "font.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Layout in pixels. */
enum { MARGIN = 40, MAP_WIDTH = 1080, TITLE_HEIGHT = 60, BAR_TOP = 52, BAR_HEIGHT = 18, FOOT_HEIGHT = 120, TEXT = 2 };

static const color ink = { 40, 40, 40 }, missing = { 176, 176, 176 };

/* ---- Colours ---- */

/* Blue, white, red: even steps from -1 to 1. */
static const color palette[] = {
    { 8, 48, 107 },
    { 33, 113, 181 },
    { 107, 174, 214 },
    { 190, 218, 238 },
    { 250, 250, 250 },
    { 252, 205, 184 },
    { 245, 130, 98 },
    { 205, 40, 38 },
    { 103, 0, 13 },
};

static unsigned char mix(unsigned char a, unsigned char b, double part) {
    return (unsigned char)lround(a + part * (b - a));
}

/* The colour of a value between -1 and 1. */
static color color_of(double value) {
    if (isnan(value))
        return missing;
    int last = (int)(sizeof palette / sizeof *palette) - 1;
    double position = (fmax(-1, fmin(1, value)) + 1) / 2 * last;
    int step = position >= last ? last - 1 : (int)position;
    const color *a = &palette[step], *b = a + 1;
    double part = position - step;
    return (color){ mix(a->red, b->red, part), mix(a->green, b->green, part), mix(a->blue, b->blue, part) };
}

/* The end of the colour bar: the largest absolute value, rounded up to 1, 2, 2.5 or 5 times a power of ten. */
static double find_range(const map *m) {
    static const double nice[] = { 1, 2, 2.5, 5, 10 };
    double largest = 0;
    for (long k = 0; k < (long)m->rows * m->columns; k++)
        if (isfinite(m->value[k]))
            largest = fmax(largest, fabs(m->value[k]));
    if (largest < 1e-300)
        return 1;
    double power = pow(10, floor(log10(largest)));
    for (int k = 0; k < 5; k++)
        if (largest <= nice[k] * power * (1 + 1e-9))
            return nice[k] * power;
    return largest;
}

/* ---- Parts of the picture ---- */

/* Height of the map for MAP_WIDTH: a degree is as long upwards as sideways; a row as high as a column is wide where coordinates do not say. */
static int map_height(const map *m) {
    double shape = (double)m->rows / m->columns;
    if (m->rows > 1 && m->columns > 1) {
        double high = fabs(m->latitude[m->rows - 1] - m->latitude[0]) / (m->rows - 1);
        double wide = fabs(m->longitude[m->columns - 1] - m->longitude[0]) / (m->columns - 1);
        if (high > 0 && wide > 0 && isfinite(high / wide))
            shape *= high / wide;
    }
    return (int)lround(MAP_WIDTH * fmax(0.1, fmin(1, shape)));
}

static void draw_field(canvas *c, const map *m, int height, double range) {
    bool south_first = m->latitude[0] < m->latitude[m->rows - 1];
    canvas_rectangle(c, MARGIN - 1, TITLE_HEIGHT - 1, MAP_WIDTH + 2, height + 2, ink);
    for (int y = 0; y < height; y++) {
        long row = (long)y * m->rows / height;
        const double *value = m->value + (south_first ? m->rows - 1 - row : row) * m->columns;
        for (int x = 0; x < MAP_WIDTH; x++)
            canvas_rectangle(c, MARGIN + x, TITLE_HEIGHT + y, 1, 1, color_of(value[(long)x * m->columns / MAP_WIDTH] / range));
    }
}

static void draw_centred(canvas *c, int x, int y, const char *text) {
    canvas_text(c, x - canvas_text_width(text, TEXT) / 2, y, text, TEXT, ink);
}

/* The title, cut off with dots where it is longer than the map is wide. */
static void draw_title(canvas *c, const char *title) {
    char line[MAP_WIDTH / (FONT_WIDTH * TEXT) + 1];
    int length = snprintf(line, sizeof line, "%s", title);
    if (length >= (int)sizeof line)
        memcpy(line + sizeof line - 4, "...", 4);
    canvas_text(c, MARGIN, (TITLE_HEIGHT - FONT_HEIGHT * TEXT) / 2, line, TEXT, ink);
}

/* "45.5 S" */
static const char *degrees(double value, const char *positive, const char *negative, char text[32]) {
    snprintf(text, 32, "%.6g %s", fabs(value), value < 0 ? negative : positive);
    return text;
}

/* Which part of the world it is, under the map: longitudes of its sides, latitudes between them. */
static void draw_extent(canvas *c, const map *m, int top) {
    double first = m->latitude[0], last = m->latitude[m->rows - 1];
    char text[32], more[32], both[80];
    canvas_text(c, MARGIN, top, degrees(m->longitude[0], "E", "W", text), TEXT, ink);
    degrees(m->longitude[m->columns - 1], "E", "W", text);
    canvas_text(c, MARGIN + MAP_WIDTH - canvas_text_width(text, TEXT), top, text, TEXT, ink);
    snprintf(both, sizeof both, "%s to %s", degrees(fmin(first, last), "N", "S", text), degrees(fmax(first, last), "N", "S", more));
    draw_centred(c, MARGIN + MAP_WIDTH / 2, top, both);
}

static void draw_bar(canvas *c, const map *m, int top, double range) {
    int width = MAP_WIDTH / 2, left = MARGIN + MAP_WIDTH / 4;
    canvas_rectangle(c, left - 1, top - 1, width + 2, BAR_HEIGHT + 2, ink);
    for (int x = 0; x < width; x++)
        canvas_rectangle(c, left + x, top, 1, BAR_HEIGHT, color_of(2.0 * x / (width - 1) - 1));
    for (int tick = -2; tick <= 2; tick++) {
        char text[32];
        int x = left + width / 2 + tick * (width - 1) / 4;
        snprintf(text, sizeof text, "%.4g", tick * range / 2);
        canvas_rectangle(c, x, top + BAR_HEIGHT, 1, 6, ink);
        draw_centred(c, x, top + BAR_HEIGHT + 10, text);
    }
    canvas_text(c, left + width + 50, top + 1, m->units, TEXT, ink);
    canvas_rectangle(c, MARGIN, top, BAR_HEIGHT, BAR_HEIGHT, missing);
    canvas_text(c, MARGIN + BAR_HEIGHT + 8, top + 1, "missing", TEXT, ink);
}

bool map_write(const map *m, const char *path, char *error, int error_bytes) {
    int height = map_height(m), foot = TITLE_HEIGHT + height;
    double range = find_range(m);
    canvas c = canvas_new(MAP_WIDTH + 2 * MARGIN, foot + FOOT_HEIGHT);
    if (!c.pixel) {
        snprintf(error, (size_t)error_bytes, "no memory for the picture");
        return false;
    }
    draw_title(&c, m->title);
    draw_field(&c, m, height, range);
    draw_extent(&c, m, foot + 12);
    draw_bar(&c, m, foot + BAR_TOP, range);
    bool written = canvas_write(&c, path, error, error_bytes);
    canvas_free(&c);
    return written;
}
