/* Faults of the disk: every call of the system that reads, writes or syncs fails once, or does less than it was asked for. Either the result is right or there is
 * one sentence; nothing is left behind, and the context works on.
 *
 * The linker puts these functions before the library's calls (--wrap); HDF5 and NetCDF-C themselves are not touched. */
#include "netcdf_support.h"

#include "base/memory.h"
#include "io/hdf5_reader.h"

#include <ashlar/persist.h>

#include <errno.h>
#include <math.h>
#include <stdatomic.h>
#include <sys/types.h>

enum { STEPS = 12, ROWS = 9, COLUMNS = 11, SIZE = STEPS * ROWS * COLUMNS };

/* HDF5 1.10 forgets some of what it holds when its own structures cannot be read; what this library holds is looked for all the same. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) {
    return "leak:libhdf5";
}

/* The call that fails, counted down by all threads; 0 or less: none. With `fault` 0 it transfers one byte only. */
static atomic_int countdown;
static int fault;

static int strikes(void) {
    return atomic_load(&countdown) > 0 && atomic_fetch_sub(&countdown, 1) == 1;
}

ssize_t __real_pread(int fd, void *buffer, size_t bytes, off_t offset);
ssize_t __wrap_pread(int fd, void *buffer, size_t bytes, off_t offset);
ssize_t __wrap_pread(int fd, void *buffer, size_t bytes, off_t offset) {
    if (!strikes()) {
        return __real_pread(fd, buffer, bytes, offset);
    }
    if (fault == 0) {
        return __real_pread(fd, buffer, bytes < 1 ? bytes : 1, offset);
    }
    errno = fault;
    return -1;
}

ssize_t __real_pwrite(int fd, const void *buffer, size_t bytes, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *buffer, size_t bytes, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *buffer, size_t bytes, off_t offset) {
    if (!strikes()) {
        return __real_pwrite(fd, buffer, bytes, offset);
    }
    if (fault == 0) {
        return __real_pwrite(fd, buffer, bytes < 1 ? bytes : 1, offset);
    }
    errno = fault;
    return -1;
}

#define WRAP(name, parameters, arguments) \
    int __real_##name parameters; \
    int __wrap_##name parameters; \
    int __wrap_##name parameters { \
        if (!strikes() || fault == 0) { \
            return __real_##name arguments; \
        } \
        errno = fault; \
        return -1; \
    }

WRAP(fsync, (int fd), (fd))
WRAP(fdatasync, (int fd), (fd))
WRAP(ftruncate, (int fd, off_t bytes), (fd, bytes))
WRAP(rename, (const char *from, const char *to), (from, to))
WRAP(renameat, (int folder, const char *from, int other, const char *to), (folder, from, other, to))
WRAP(syncfs, (int fd), (fd))
WRAP(mkdir, (const char *path, mode_t mode), (path, mode))
WRAP(mkdirat, (int folder, const char *path, mode_t mode), (folder, path, mode))
WRAP(openat, (int folder, const char *path, int flags, mode_t mode), (folder, path, flags, mode))

/* Some file systems cannot exchange two names. */
static int cannot_exchange, exchanges;

int __real_renameat2(int folder, const char *from, int other, const char *to, unsigned flags);
int __wrap_renameat2(int folder, const char *from, int other, const char *to, unsigned flags);
int __wrap_renameat2(int folder, const char *from, int other, const char *to, unsigned flags) {
    exchanges++;
    if (!cannot_exchange && !strikes()) {
        return __real_renameat2(folder, from, other, to, flags);
    }
    errno = cannot_exchange || fault == 0 ? EINVAL : fault;
    return -1;
}

/* ---- The work ---- */

static const ash_write_options forms[] = {
    { .history = "" },
    { .history = "", .deflate = 2, .shuffle = true },
    { .history = "", .format = "classic", .encoding = "out: dtype=int16; scale_factor=0.001" },
    { .history = "", .deflate = 1, .fletcher32 = true, .resume = true },
    { .history = "", .format = "cdf5", .resume = true },
#ifdef ASH_TEST_ZARR
    { .history = "", .format = "zarr", .deflate = 1, .shuffle = true },
    { .history = "", .format = "zarr", .resume = true },
    { .history = "", .format = "zarr_zip", .deflate = 1, .shuffle = true },
    { .history = "", .format = "zarr_zip", .resume = true },
#endif
    { .history = "", .format = "npy" },
    { .history = "", .format = "npy", .resume = true },
};

enum { FORMS = sizeof forms / sizeof forms[0] };

static double values[SIZE];

/* One input of each kind of storage. */
static void make_inputs(void) {
    static const ash_write_options inputs[] = { { .deflate = 1, .shuffle = true }, { .format = "classic" }, { .fletcher32 = true } };
    ash_context *ctx = context_with(1, NULL);
    for (int k = 0; k < SIZE; k++) {
        values[k] = sin(k);
    }
    ash_array a = ash_from_buffer(
        ctx, ASH_FLOAT64, 3, (int64_t[]){ STEPS, ROWS, COLUMNS }, values, &(ash_make_options){ .dims = "t,y,x", .chunks = "5, 4, 11" });
    for (int k = 0; k < 3; k++) {
        char name[24];
        snprintf(name, sizeof name, "in%d.nc", k);
        assert_done(ctx, ash_write(a, test_path(name), "v", &inputs[k]));
    }
    ash_context_free(ctx);
}

/* Opens, reads, computes, writes. 1: it worked, and the values are right; 0: one of the calls failed with a sentence. */
static int work(ash_context *ctx, const ash_write_options *how) {
    ash_array a = ash_open(ctx, test_path("in0.nc"), "v", NULL), b = ash_open(ctx, test_path("in1.nc"), "v", NULL),
              c = ash_open(ctx, test_path("in2.nc"), "v", NULL);
    ash_array mixed = ash_sub(ash_add(a, ash_mean(b, "t")), ash_mean(c, "t"));
    if (ash_write(mixed, test_path("out.nc"), "out", how) != ASH_OK) {
        return 0;
    }
    return 1;
}

static void expect_result(ash_context *ctx) {
    double found[SIZE], worst = 0;
    assert_done(ctx, ash_compute(ash_open(ctx, test_path("out.nc"), NULL, NULL), found, sizeof found, NULL));
    for (int k = 0; k < SIZE; k++) {
        worst = fabs(found[k] - values[k]) > worst ? fabs(found[k] - values[k]) : worst;
    }
    assert_true(worst < 0.00051);
}

/* Files that may stay: the inputs, and what can be resumed. */
static void expect_nothing_left(const ash_write_options *how) {
    remove_all(test_path("out.nc"));
    if (how->resume) {
        unlink(test_path(".out.nc.resume"));
        unlink(test_path(".out.nc.resume.data"));
    }
    assert_int_equal(test_entries(0), 3);
}

static void with_fault(int reason) {
    ash_context *ctx = context_with(2, NULL);
    int failures = 0;
    for (int k = 0; k < FORMS; k++) {
        int done = 0;
        for (int n = 1; !done; n++) {
            ash_scope_begin(ctx);
            fault = reason;
            countdown = n;
            int fine = work(ctx, &forms[k]);
            done = countdown > 0;
            countdown = 0;
            if (fine) {
                expect_result(ctx);
            } else {
                failures++;
                if (reason == 0) {
                    fail_msg("doing less is no failure: %s", ash_error(ctx));
                }
                assert_true(strlen(ash_error(ctx)) > 10);
                if (forms[k].resume) { /* it goes on where it was */
                    ash_error_clear(ctx);
                    assert_true(work(ctx, &forms[k]));
                    expect_result(ctx);
                } else if (access(test_path("out.nc"), F_OK) == 0) {
                    expect_result(ctx); /* whole, only that its folder could not be synced */
                }
            }
            ash_error_clear(ctx);
            ash_scope_end(ctx, NULL, 0);
            expect_nothing_left(&forms[k]);
        }
    }
    assert_true(reason == 0 || failures > 20);
    ash_context_free(ctx);
}

/* What does not fit the memory limit goes to scratch, which has no name: any write and read of it may fail. */
static void scratch_fails(int reason) {
    enum { HEIGHT = 400, WIDTH = 300 };
    static double field[HEIGHT * WIDTH], expected[HEIGHT * WIDTH], found[HEIGHT * WIDTH];
    ash_context *ctx = context_with(1, NULL);
    for (int k = 0; k < HEIGHT * WIDTH; k++) {
        field[k] = k * 7919 % 1009;
    }
    ash_array a = ash_from_buffer(ctx, ASH_FLOAT64, 2, (int64_t[]){ HEIGHT, WIDTH }, field, &(ash_make_options){ .chunks = "20, -1" });
    a = ash_rechunk(ash_transpose(ash_cumsum(a, "1"), NULL), "60, 70");
    ash_plan_info info = { .size = sizeof info };
    assert_done(ctx, ash_compute(a, expected, sizeof expected, NULL));
    assert_done(ctx, ash_plan_query(ctx, 1, &a, NULL, &info));
    const ash_compute_options options = { .memory_limit = info.least_limit };
    for (int n = 1, done = 0; !done; n++) {
        fault = reason;
        countdown = n;
        ash_status status = ash_compute(a, found, sizeof found, &options);
        done = countdown > 0;
        countdown = 0;
        if (!done && reason != 0) {
            assert_int_equal(status, ASH_ERR_IO);
            assert_sentence(ctx, ASH_ERR_IO, "scratch in '");
            ash_error_clear(ctx);
        } else {
            assert_done(ctx, status);
            assert_memory_equal(found, expected, sizeof found);
            assert_true(ash_last_run(ctx).bytes_spilled > 0);
        }
        assert_true(!done || n > 40);
    }
    ash_context_free(ctx);
}

/* What is persisted on scratch, and read from there: every write and read may fail; nothing stays open, and the next attempt works. */
static void persisted_fails(int reason) {
    enum { N = 600 };
    int64_t found[N];
    ash_context *ctx = context_with(1, NULL);
    ash_array a = ash_arange(ctx, 0, N, 1, &(ash_make_options){ .chunks = "70" });
    int failures = 0, whole = 0;
    for (int n = 1, done = 0; !done; n++) {
        ash_scope_begin(ctx);
        fault = reason;
        countdown = n;
        ash_array kept = ash_persist(a, "scratch");
        int fine = ash_array_status(kept) == ASH_OK && ash_compute(kept, found, sizeof found, NULL) == ASH_OK;
        done = countdown > 0;
        countdown = 0;
        if (!fine) {
            ash_ok(kept);
            assert_sentence(ctx, ASH_ERR_IO, "scratch in '");
            failures++;
        }
        whole += fine;
        for (int k = 0; fine && k < N; k++) {
            assert_int_equal(found[k], k);
        }
        if (ash_array_status(kept) == ASH_OK) { /* a read that failed leaves it as it was */
            assert_done(ctx, ash_compute(kept, found, sizeof found, NULL));
            assert_int_equal(found[N - 1], N - 1);
        }
        ash_error_clear(ctx);
        ash_scope_end(ctx, NULL, 0);
    }
    assert_true(reason == 0 ? failures == 0 && whole > 15 : failures > 15 && whole == 1);
    ash_context_free(ctx);
}

static void persisted(void **state) {
    (void)state;
    persisted_fails(EIO);
    persisted_fails(ENOSPC);
    persisted_fails(0);
}

static void scratch(void **state) {
    (void)state;
    scratch_fails(EIO);
    scratch_fails(ENOSPC);
    scratch_fails(0);
}

static void io_errors(void **state) {
    (void)state;
    with_fault(EIO);
}

static void full_disk(void **state) {
    (void)state;
#ifdef __SANITIZE_ADDRESS__
    print_message("skipped: slow, and in the same places as io_errors\n");
#else
    with_fault(ENOSPC);
#endif
}

static void short_transfers(void **state) {
    (void)state;
    with_fault(0);
}

#ifdef ASH_TEST_ZARR
/* Removes the one temporary folder that is there; 0 if there is none. */
static int remove_old_store(void) {
    int removed = 0;
    DIR *folder = opendir(test_folder);
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        if (strncmp(entry->d_name, ".out.nc.", 8) == 0) {
            remove_all(test_path(entry->d_name));
            removed++;
        }
    }
    closedir(folder);
    return removed == 1;
}

/* A store is replaced: whatever fails, the old one or the new one is there, whole. */
static void replaced_stores(void **state) {
    (void)state;
    static const ash_write_options how = { .history = "", .format = "zarr" };
    ash_context *ctx = context_with(1, NULL);
    fault = EIO;
    for (cannot_exchange = 0; cannot_exchange < 2; cannot_exchange++) {
        int done = 0;
        exchanges = 0;
        assert_true(work(ctx, &how));
        for (int n = 1; !done; n++) {
            ash_scope_begin(ctx);
            countdown = n;
            int fine = work(ctx, &how);
            done = countdown > 0;
            countdown = 0;
            assert_true(fine || !done);
            expect_result(ctx);
            assert_true(test_entries(0) == 4 || (fine && remove_old_store())); /* even that it cannot be removed is no failure */
            ash_error_clear(ctx);
            ash_scope_end(ctx, NULL, 0);
        }
        assert_true(exchanges > 0);
        expect_nothing_left(&how);
    }
    cannot_exchange = 0;
    ash_context_free(ctx);
}

/* A store is appended to: whatever fails, it has the rows it had, or all, and the same append works afterwards. */
static void changed_stores(void **state) {
    (void)state;
    static const int reasons[] = { EIO, ENOSPC, 0 };
    static const ash_write_options how = { .history = "", .format = "zarr", .chunks = "5, 4, 11" };
    ash_context *ctx = context_with(1, NULL);
    int failures = 0;
    for (int r = 0; r < 3; r++) {
        for (int n = 1, done = 0; !done; n++) {
            ash_scope_begin(ctx);
            ash_array all =
                ash_from_buffer(ctx, ASH_FLOAT64, 3, (int64_t[]){ STEPS, ROWS, COLUMNS }, values, &(ash_make_options){ .dims = "t,y,x" });
            ash_array first = ash_index(all, "0:7"), more = ash_index(all, "7:");
            assert_done(ctx, ash_write(first, test_path("out.nc"), "out", &how));
            fault = reasons[r];
            countdown = n;
            ash_status status = ash_append(more, test_path("out.nc"), "out", "t", NULL);
            done = countdown > 0;
            countdown = 0;
            int64_t rows = ash_extent(ash_open(ctx, test_path("out.nc"), NULL, NULL), 0);
            failures += status != ASH_OK;
            assert_true(rows == STEPS || (rows == 7 && status != ASH_OK && fault != 0));
            assert_true(status == ASH_OK || strlen(ash_error(ctx)) > 10);
            ash_error_clear(ctx);
            if (rows == 7) {
                double found[SIZE];
                assert_done(ctx, ash_compute(ash_open(ctx, test_path("out.nc"), NULL, NULL), found, 7 * ROWS * COLUMNS * 8, NULL));
                assert_memory_equal(found, values, 7 * ROWS * COLUMNS * sizeof *found);
                assert_done(ctx, ash_append(more, test_path("out.nc"), "out", "t", NULL));
            }
            expect_result(ctx);
            assert_int_equal(test_entries(0), 4);
            ash_scope_end(ctx, NULL, 0);
        }
    }
    assert_true(failures > 20);
    expect_nothing_left(&how);
    ash_context_free(ctx);
}
#endif

/* Every allocation of opening, reading and writing fails once, alone and with all after it. */
static void no_memory(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    for (int k = 0; k < FORMS; k++) {
        for (int onward = 0; onward < 2; onward++) {
            int done = 0;
            for (int64_t n = 1; !done; n++) {
                ash_scope_begin(ctx);
                ash_fail_allocations(n, onward);
                int fine = work(ctx, &forms[k]);
                done = ash_fail_allocations_left() > 0;
                ash_fail_allocations(0, 0);
                if (fine) {
                    expect_result(ctx);
                } else {
                    assert_int_equal(ash_error_status(ctx), ASH_ERR_MEMORY);
                }
                ash_error_clear(ctx);
                ash_scope_end(ctx, NULL, 0);
                expect_nothing_left(&forms[k]);
                n += n / 40; /* not every one of the later ones */
            }
        }
    }
    ash_context_free(ctx);
}

static int begin(void **state) {
    if (make_test_folder(state) != 0) {
        return -1;
    }
    ash_hdf5_small_bytes = 0; /* small variables, too, are read without HDF5 */
    make_inputs();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(scratch), cmocka_unit_test(persisted), cmocka_unit_test(io_errors),
        cmocka_unit_test(full_disk), cmocka_unit_test(short_transfers),
#ifdef ASH_TEST_ZARR
        cmocka_unit_test(replaced_stores), cmocka_unit_test(changed_stores),
#endif
        cmocka_unit_test(no_memory) };
    return cmocka_run_group_tests(tests, begin, remove_test_folder);
}
