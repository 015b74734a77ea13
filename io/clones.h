/* Loops over bytes that are compiled once more for processors with AVX2, and chosen when the library is loaded. */
#ifndef ASH_IO_CLONES_H
#define ASH_IO_CLONES_H

#ifdef ASH_WITH_CLONES
#define ASH_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define ASH_CLONES
#endif

#endif
