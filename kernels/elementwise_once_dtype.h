/* Template: the elementwise loops of one dtype that are compiled once: they call the C math library or divide integers, as the table loops_<DTYPE>. */
#include "kernels/functions.h"
#if DTYPE_KIND == 'b'
#include "kernels/loops_once_b.h"
#elif DTYPE_KIND == 'i'
#include "kernels/loops_once_i.h"
#elif DTYPE_KIND == 'u'
#include "kernels/loops_once_u.h"
#elif DTYPE_KIND == 'f'
#include "kernels/loops_once_f.h"
#else
#include "kernels/loops_once_c.h"
#endif
