/* Includes the file PAIR_TEMPLATE once a dtype, with FROM set: the inner loop of pairs of dtypes. */
#define FROM BOOL
#include PAIR_TEMPLATE
#undef FROM
#define FROM INT8
#include PAIR_TEMPLATE
#undef FROM
#define FROM INT16
#include PAIR_TEMPLATE
#undef FROM
#define FROM INT32
#include PAIR_TEMPLATE
#undef FROM
#define FROM INT64
#include PAIR_TEMPLATE
#undef FROM
#define FROM UINT8
#include PAIR_TEMPLATE
#undef FROM
#define FROM UINT16
#include PAIR_TEMPLATE
#undef FROM
#define FROM UINT32
#include PAIR_TEMPLATE
#undef FROM
#define FROM UINT64
#include PAIR_TEMPLATE
#undef FROM
#define FROM FLOAT32
#include PAIR_TEMPLATE
#undef FROM
#define FROM FLOAT64
#include PAIR_TEMPLATE
#undef FROM
#define FROM COMPLEX64
#include PAIR_TEMPLATE
#undef FROM
#define FROM COMPLEX128
#include PAIR_TEMPLATE
#undef FROM
