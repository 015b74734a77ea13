#include "canvas.h"

#include "font.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef EXAMPLE_WITH_PNG
#include <png.h>
#endif

canvas canvas_new(int width, int height) {
    canvas c = { width, height, malloc((size_t)width * (size_t)height * sizeof(color)) };
    if (c.pixel)
        canvas_rectangle(&c, 0, 0, width, height, (color){ 255, 255, 255 });
    return c;
}

void canvas_free(canvas *c) {
    free(c->pixel);
    c->pixel = NULL;
}

void canvas_rectangle(canvas *c, int x, int y, int width, int height, color ink) {
    for (int j = y < 0 ? 0 : y; j < y + height && j < c->height; j++)
        for (int i = x < 0 ? 0 : x; i < x + width && i < c->width; i++)
            c->pixel[(size_t)j * (size_t)c->width + (size_t)i] = ink;
}

void canvas_text(canvas *c, int x, int y, const char *text, int scale, color ink) {
    for (; *text; text++, x += FONT_WIDTH * scale)
        for (int j = 0; j < FONT_HEIGHT; j++)
            for (int i = 0; i < FONT_WIDTH; i++)
                if (font_pixel(*text, i, j))
                    canvas_rectangle(c, x + i * scale, y + j * scale, scale, scale, ink);
}

int canvas_text_width(const char *text, int scale) {
    return (int)strlen(text) * FONT_WIDTH * scale;
}

#ifdef EXAMPLE_WITH_PNG

bool canvas_can_write(void) {
    return true;
}

static bool write_stream(const canvas *c, FILE *file, char *error, int error_bytes) {
    png_image image = {
        .version = PNG_IMAGE_VERSION, .width = (png_uint_32)c->width, .height = (png_uint_32)c->height, .format = PNG_FORMAT_RGB
    };
    if (!png_image_write_to_stdio(&image, file, 0, c->pixel, 0, NULL)) {
        snprintf(error, (size_t)error_bytes, "%s", image.message);
        return false;
    }
    if (fflush(file) != 0 || fsync(fileno(file)) != 0) {
        snprintf(error, (size_t)error_bytes, "%s", strerror(errno));
        return false;
    }
    return true;
}

bool canvas_write(const canvas *c, const char *path, char *error, int error_bytes) {
    char temporary[4096];
    if (snprintf(temporary, sizeof temporary, "%s.%ld.tmp", path, (long)getpid()) >= (int)sizeof temporary) {
        snprintf(error, (size_t)error_bytes, "the name is too long");
        return false;
    }
    FILE *file = fopen(temporary, "wb");
    if (!file) {
        snprintf(error, (size_t)error_bytes, "%s", strerror(errno));
        return false;
    }
    bool written = write_stream(c, file, error, error_bytes);
    bool closed = fclose(file) == 0;
    if (written && closed && rename(temporary, path) == 0)
        return true;
    if (written)
        snprintf(error, (size_t)error_bytes, "%s", strerror(errno));
    unlink(temporary);
    return false;
}

#else

bool canvas_can_write(void) {
    return false;
}

bool canvas_write(const canvas *c, const char *path, char *error, int error_bytes) {
    (void)c;
    (void)path;
    snprintf(error, (size_t)error_bytes, "this program was built without libpng");
    return false;
}

#endif
