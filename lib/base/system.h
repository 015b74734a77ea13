/* What the operating system says: processors, memory, time. */
#ifndef ASH_BASE_SYSTEM_H
#define ASH_BASE_SYSTEM_H

#include <stdint.h>

/* Processors this process may run on; at least 1. */
int ash_system_cpus(void);
/* Bytes this process may still use: what the machine has available, or less where the control groups (version 1 or 2) of the process
 * or of one of its parents leave less. File pages in memory count as free, since the kernel gives them up. */
int64_t ash_system_memory(void);
/* The same with /proc and /sys below the folder `root` ("" for the machine itself): for tests. */
int64_t ash_system_memory_below(const char *root);
/* Nanoseconds of a clock that only goes forward. */
int64_t ash_system_now_ns(void);
/* The most memory this process has had resident so far, in bytes; 0 if the system does not say. */
int64_t ash_system_peak_rss(void);

#endif
