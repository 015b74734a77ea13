/* Includes the file TEMPLATE once an integer or floating dtype, with DTYPE set. */
#define DTYPE INT8
#include TEMPLATE
#undef DTYPE
#define DTYPE INT16
#include TEMPLATE
#undef DTYPE
#define DTYPE INT32
#include TEMPLATE
#undef DTYPE
#define DTYPE INT64
#include TEMPLATE
#undef DTYPE
#define DTYPE UINT8
#include TEMPLATE
#undef DTYPE
#define DTYPE UINT16
#include TEMPLATE
#undef DTYPE
#define DTYPE UINT32
#include TEMPLATE
#undef DTYPE
#define DTYPE UINT64
#include TEMPLATE
#undef DTYPE
#define DTYPE FLOAT32
#include TEMPLATE
#undef DTYPE
#define DTYPE FLOAT64
#include TEMPLATE
#undef DTYPE
