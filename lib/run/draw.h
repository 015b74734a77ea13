/* Drawing graphs by Graphviz's program. */
#ifndef ASH_RUN_DRAW_H
#define ASH_RUN_DRAW_H

#include "base/error.h"

/* Draws a text in the DOT language into an SVG file. What is there under `path` stays if it cannot. */
ash_status ash_draw_svg(const char *dot, int64_t bytes, const char *path, ash_error_state *error);

#endif
