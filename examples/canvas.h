/* A picture in memory: rectangles, text, and writing it as a PNG file. */
#ifndef EXAMPLE_CANVAS_H
#define EXAMPLE_CANVAS_H

#include <stdbool.h>

typedef struct color {
    unsigned char red, green, blue;
} color;

typedef struct canvas {
    int width, height;
    color *pixel; /* rows from top to bottom */
} canvas;

/* A white picture; pixel is NULL when there is no memory. */
canvas canvas_new(int width, int height);
void canvas_free(canvas *c);

/* Whatever falls outside the picture is left out. */
void canvas_rectangle(canvas *c, int x, int y, int width, int height, color ink);
void canvas_text(canvas *c, int x, int y, const char *text, int scale, color ink);
int canvas_text_width(const char *text, int scale);

/* Whether this program was built with libpng. */
bool canvas_can_write(void);
/* Writes under a temporary name and renames. On failure returns false, with the reason in `error`. */
bool canvas_write(const canvas *c, const char *path, char *error, int error_bytes);

#endif
