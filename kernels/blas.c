#include "kernels/blas.h"

#if defined(ASH_WITH_BLAS)
#include <cblas.h>
#include <pthread.h>

/* Where OpenBLAS is what answers to the name of BLAS at run time; another library has none of these. */
#pragma weak openblas_set_num_threads
#pragma weak openblas_get_num_threads
extern void openblas_set_num_threads(int n);
extern int openblas_get_num_threads(void);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int holders, threads_before;

void ash_blas_hold(void) {
    pthread_mutex_lock(&lock);
    if (holders++ == 0 && openblas_set_num_threads && openblas_get_num_threads) {
        threads_before = openblas_get_num_threads();
        openblas_set_num_threads(1);
    }
    pthread_mutex_unlock(&lock);
}

void ash_blas_release(void) {
    pthread_mutex_lock(&lock);
    if (--holders == 0 && openblas_set_num_threads && openblas_get_num_threads) {
        openblas_set_num_threads(threads_before);
    }
    pthread_mutex_unlock(&lock);
}

/* A product with the arguments of BLAS. */
typedef struct blas_call {
    int m, n, k, lda, ldb;
    CBLAS_TRANSPOSE at, bt;
    const void *a, *b;
    void *c;
    int more;
} blas_call;

static void product_float32(const blas_call *x) {
    cblas_sgemm(CblasRowMajor, x->at, x->bt, x->m, x->n, x->k, 1, x->a, x->lda, x->b, x->ldb, (float)x->more, x->c, x->n);
}

static void product_float64(const blas_call *x) {
    cblas_dgemm(CblasRowMajor, x->at, x->bt, x->m, x->n, x->k, 1, x->a, x->lda, x->b, x->ldb, x->more, x->c, x->n);
}

static void product_complex64(const blas_call *x) {
    const float one[2] = { 1 }, beta[2] = { (float)x->more };
    cblas_cgemm(CblasRowMajor, x->at, x->bt, x->m, x->n, x->k, one, x->a, x->lda, x->b, x->ldb, beta, x->c, x->n);
}

static void product_complex128(const blas_call *x) {
    const double one[2] = { 1 }, beta[2] = { x->more };
    cblas_zgemm(CblasRowMajor, x->at, x->bt, x->m, x->n, x->k, one, x->a, x->lda, x->b, x->ldb, beta, x->c, x->n);
}

static void (*const products[ASH_DTYPE_COUNT])(const blas_call *) = {
    [ASH_FLOAT32] = product_float32,
    [ASH_FLOAT64] = product_float64,
    [ASH_COMPLEX64] = product_complex64,
    [ASH_COMPLEX128] = product_complex128,
};

int ash_blas_has(ash_dtype dtype) {
    return products[dtype] != NULL;
}

void ash_blas_product(ash_dtype dtype, int64_t m, int64_t n, int64_t k, const ash_matrix *a, const ash_matrix *b, void *c, int more) {
    products[dtype](&(blas_call){ .m = (int)m,
        .n = (int)n,
        .k = (int)k,
        .lda = (int)a->leading,
        .ldb = (int)b->leading,
        .at = a->transposed ? CblasTrans : CblasNoTrans,
        .bt = b->transposed ? CblasTrans : CblasNoTrans,
        .a = a->data,
        .b = b->data,
        .c = c,
        .more = more != 0 });
}

#else

int ash_blas_has(ash_dtype dtype) {
    (void)dtype;
    return 0;
}

void ash_blas_product(ash_dtype dtype, int64_t m, int64_t n, int64_t k, const ash_matrix *a, const ash_matrix *b, void *c, int more) {
    (void)dtype, (void)m, (void)n, (void)k, (void)a, (void)b, (void)c, (void)more;
}

void ash_blas_hold(void) {
}

void ash_blas_release(void) {
}
#endif
