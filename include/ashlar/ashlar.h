/* Ashlar: chunked N-dimensional arrays for C, Fortran and HPC.
 *
 * This header includes every other one. Each topic has its own header, which is also its specification:
 *
 *   context.h    contexts, options, status codes, error text, scopes
 *   array.h      making arrays, asking about them, names, coordinates, attributes
 *   ops.h        elementwise operations                      (written from lib/expr/operations.table)
 *   mix.h        macros that mix numbers and arrays; to be included by itself   (written from operations.table)
 *   reduce.h     reductions and group reductions             (written from lib/expr/reductions.table)
 *   custom.h     functions and reductions of your own
 *   map.h        functions of your own over chunks, with halos too
 *   delayed.h    functions of your own as steps of an expression
 *   linalg.h     products of matrices
 *   lookup.h     looking up in tables, choosing between arrays
 *   quantile.h   medians and quantiles
 *   scan.h       running sums and extremes, differences, integrals
 *   statistics.h averages with weights, moments, norms
 *   shape.h      indexing, transposing, reshaping, rechunking
 *   indexing.h   elements by lists of positions and by masks
 *   calendar.h   CF time: years, months, days from a time coordinate
 *   apply.h      every operation by name, with parameters as text
 *   compute.h    computing, figures of plans and runs
 *   future.h     computing in the background
 *   explain.h    seeing what a run will do, and what one did
 *   io.h         opening and writing files
 *   persist.h    results that stay, in memory or on scratch
 *   source.h     arrays whose values come from a function of yours, or go to one
 *   dataset.h    what files hold; many files as one
 *
 * Tags used in the descriptions:
 *   lazy        adds a node to the expression; reads no data and does no work
 *   may run     lazy, but must know small values (labels, coordinates) and computes them at once
 *   runs        does the work and returns when it is done
 *   collective  every rank of a context that spans several processes must call it, in the same order and with the same arguments: all functions that are
 *               tagged "runs" or "may run", that open files, and that count what masks select. In a context of one process, which is the only
 *               kind so far, it means nothing
 */
#ifndef ASHLAR_H
#define ASHLAR_H

#define ASH_VERSION_MAJOR 0
#define ASH_VERSION_MINOR 1
#define ASH_VERSION_PATCH 0
#define ASH_VERSION_NUM (ASH_VERSION_MAJOR * 10000 + ASH_VERSION_MINOR * 100 + ASH_VERSION_PATCH)
#define ASH_VERSION "0.1.0"

#include <ashlar/apply.h>
#include <ashlar/array.h>
#include <ashlar/calendar.h>
#include <ashlar/compute.h>
#include <ashlar/context.h>
#include <ashlar/custom.h>
#include <ashlar/dataset.h>
#include <ashlar/delayed.h>
#include <ashlar/explain.h>
#include <ashlar/future.h>
#include <ashlar/indexing.h>
#include <ashlar/io.h>
#include <ashlar/linalg.h>
#include <ashlar/lookup.h>
#include <ashlar/map.h>
#include <ashlar/ops.h>
#include <ashlar/persist.h>
#include <ashlar/quantile.h>
#include <ashlar/reduce.h>
#include <ashlar/scan.h>
#include <ashlar/shape.h>
#include <ashlar/source.h>
#include <ashlar/statistics.h>

#endif
