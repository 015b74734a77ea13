/* Template: the elementwise loops of one dtype that are compiled for every instruction set, as the table loops_<DTYPE>. */
#include "kernels/functions.h"
#if DTYPE_KIND == 'b'
#include "kernels/loops_b.h"
#elif DTYPE_KIND == 'i'
#include "kernels/loops_i.h"
#elif DTYPE_KIND == 'u'
#include "kernels/loops_u.h"
#elif DTYPE_KIND == 'f'
#include "kernels/loops_f.h"
#else
#include "kernels/loops_c.h"
#endif
