/* A small bitmap font for labels: ASCII, 5 by 7 pixels in a cell of 6 by 8. */
#ifndef EXAMPLE_FONT_H
#define EXAMPLE_FONT_H

enum { FONT_WIDTH = 6, FONT_HEIGHT = 8 };

/* Whether the pixel (x, y) of a character is ink; x < FONT_WIDTH, y < FONT_HEIGHT. Characters outside ASCII look like '?'. */
int font_pixel(char character, int x, int y);

#endif
