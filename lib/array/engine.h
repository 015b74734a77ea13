/* What lower layers may ask of the engine above them: the one call that builders tagged "may run" need. Implemented in lib/run. */
#ifndef ASH_ARRAY_ENGINE_H
#define ASH_ARRAY_ENGINE_H

#include "array/context.h"

/* Computes one value into dense memory. */
ash_status ash_engine_compute(ash_context *context, ash_value value, void *buffer, int64_t bytes, ash_error_state *error);

#endif
