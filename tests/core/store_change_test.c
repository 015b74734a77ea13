/* Appending to Zarr stores and overwriting regions of them: any chunks and offsets against a model in memory; others that share a dimension; who may not; runs
 * that fail or are killed. */
#include "netcdf_support.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

enum { Y = 23, X = 17 };

/* Whether Python says yes: `program` runs in the folder and fails by an assertion. Without the modules nothing is asked. */
static void python(const char *modules, const char *program) {
    char command[4096];
    snprintf(command, sizeof command, "/usr/bin/python3 -c 'import %s' 2>/dev/null", modules);
    if (system(command) != 0) {
        print_message("Python has no %s here\n", modules);
        return;
    }
    snprintf(command, sizeof command, "cd '%s' && /usr/bin/python3 -W ignore -c 'import %s\n%s'", test_folder, modules, program);
    if (system(command) != 0) {
        fail_msg("Python finds otherwise: %s", program);
    }
}

static float model[Y * X];

/* Rows y .. y + rows - 1 and columns x .. x + columns - 1 of the model, on a grid that has nothing to do with the store's. */
static ash_array part(ash_context *ctx, int y, int rows, int x, int columns, const char *chunks) {
    char text[64];
    ash_array a = ash_from_buffer(ctx, ASH_FLOAT32, 2, (int64_t[]){ Y, X }, model, &(ash_make_options){ .dims = "y,x" });
    a = ash_set_coord(a, "y", ash_mul(ash_arange(ctx, 0, Y, 1, NULL), ash_real(ctx, 1.5)));
    snprintf(text, sizeof text, "%d:%d, %d:%d", y, y + rows, x, x + columns);
    a = ash_rechunk(ash_index(a, text), chunks);
    assert_good(a);
    return a;
}

static void expect_model(ash_context *ctx, const char *path, int rows) {
    float found[Y * X];
    ash_array v = ash_open(ctx, path, "v", NULL), y = ash_open(ctx, path, "y", NULL);
    double at[Y];
    assert_good(v);
    assert_int_equal(ash_extent(v, 0), rows);
    assert_done(ctx, ash_compute(v, found, (int64_t)sizeof(float) * rows * X, NULL));
    assert_memory_equal(found, model, sizeof(float) * (size_t)(rows * X));
    assert_done(ctx, ash_compute(y, at, (int64_t)sizeof(double) * rows, NULL));
    for (int i = 0; i < rows; i++) {
        assert_true(at[i] == 1.5 * i);
    }
}

static void fill_model(int seed) {
    for (int k = 0; k < Y * X; k++) {
        model[k] = (float)((k * 7 + seed * 13) % 1000) * 0.25f;
    }
}

static void any_chunks_and_offsets(void **state) {
    (void)state;
    static const char *const stored[] = { "5,4", "1,17", "23,3", "7,7", "-1,-1" }, *const given[] = { "3,5", "-1,-1", "1,1", "4,17" };
    static const ash_write_options ways[] = { { 0 }, { .deflate = 2, .shuffle = true }, { .zstd = 1, .fletcher32 = true } };
    for (int k = 0; k < 30; k++) {
        ash_context *ctx = context_with(1 + k % 3, NULL);
        ash_write_options how = ways[k % 3];
        char text[64];
        const char *path = test_path("grow.zarr");
        int rows = k % 9;
        fill_model(k);
        how.chunks = stored[k % 5];
        assert_done(ctx, ash_write(part(ctx, 0, rows, 0, X, given[k % 4]), path, "v", &how));
        for (int step = 1; rows < Y; step = 1 + (step * 5 + k) % 6) {
            step = step < Y - rows ? step : Y - rows;
            assert_done(ctx, ash_append(part(ctx, rows, step, 0, X, given[(k + rows) % 4]), path, "v", "y", NULL));
            rows += step;
            expect_model(ctx, path, rows);
        }
        for (int n = 0; n < 8; n++) {
            int y = (n * 5 + k) % Y, x = (n * 3 + k) % X, height = 1 + (n + k) % (Y - y), width = 1 + (n * 2 + k) % (X - x);
            for (int i = y; i < y + height; i++) {
                for (int j = x; j < x + width; j++) {
                    model[i * X + j] = (float)(n * 1000 + i * X + j);
                }
            }
            snprintf(text, sizeof text, "%d:%d, %d:%d", y, y + height, x, x + width);
            assert_done(ctx, ash_write_region(part(ctx, y, height, x, width, given[n % 4]), path, "v", text, NULL));
            expect_model(ctx, path, Y);
        }
        assert_int_equal(test_entries(1), 1);
        ash_context_free(ctx);
    }
}

/* Others with the dimension grow by missing values, whatever an earlier run has left of them; attributes and fill values stay as they are. */
static void others_along_the_dimension(void **state) {
    (void)state;
    ash_context *ctx = context_with(2, NULL);
    const char *path = test_path("many.zarr");
    fill_model(3);
    ash_array v = part(ctx, 0, 7, 0, X, "4,6"), t = ash_mul(v, ash_real(ctx, 2)), n = ash_cast(ash_index(v, ":, 0"), ASH_INT16);
    v = ash_set_attr(v, "long_name", "H\xC3\xB6he \"q\" a/b");
    ash_array all[] = { v, t, n, ash_greater(n, ash_int(ctx, 5)), ash_sum(v, "y"), ash_index(t, "0") };
    static const char *const names[] = { "v", "t", "n", "flag", "sum", "row" };
    assert_done(ctx, ash_write_many(ctx, 6, all, path, names, &(ash_write_options){ .deflate = 1, .shuffle = true }));
    const char stale[] = "nothing that can be decoded";
    int file = open(test_path("many.zarr/t/2.0"), O_WRONLY | O_CREAT, 0666);
    assert_int_equal(write(file, stale, sizeof stale), sizeof stale);
    close(file);
    assert_done(ctx, ash_append(part(ctx, 7, 5, 0, X, "5,17"), path, "v", "y", NULL));
    expect_model(ctx, path, 12);
    float found[12 * X];
    int16_t numbers[12];
    assert_done(ctx, ash_compute(ash_open(ctx, path, "t", NULL), found, sizeof found, NULL));
    for (int k = 0; k < 12 * X; k++) {
        assert_true(k < 7 * X ? found[k] == 2 * model[k] : isnan(found[k]));
    }
    assert_done(ctx, ash_compute(ash_open(ctx, path, "n", &(ash_open_options){ .raw = true }), numbers, sizeof numbers, NULL));
    for (int k = 0; k < 12; k++) {
        assert_int_equal(numbers[k], k < 7 ? (int16_t)model[k * X] : -32767);
    }
    assert_int_equal(ash_extent(ash_open(ctx, path, "sum", NULL), 0), X);
    assert_string_equal(ash_attr(ash_open(ctx, path, "v", NULL), "long_name"), "H\xC3\xB6he \"q\" a/b");
    assert_done(ctx, ash_write_region(ash_mul(part(ctx, 7, 5, 0, X, "5,17"), ash_real(ctx, 2)), path, "t", "y=7:12", NULL));
    assert_done(ctx, ash_compute(ash_open(ctx, path, "t", NULL), found, sizeof found, NULL));
    for (int k = 0; k < 12 * X; k++) {
        assert_true(found[k] == 2 * model[k]);
    }
    python("numpy as np, xarray as xr, zarr",
        "d, g = xr.open_zarr(\"many.zarr\"), zarr.open(\"many.zarr\", mode=\"r\")\n"
        "assert dict(d.sizes) == {\"y\": 12, \"x\": 17} and (d.y.values == 1.5 * np.arange(12)).all()\n"
        "assert (d.t == 2 * d.v).all() and d.v.attrs[\"long_name\"] == \"H\u00f6he \\\"q\\\" a/b\"\n"
        "assert g[\"v\"].shape == (12, 17) and np.isnan(g[\"v\"].fill_value) and (g[\"v\"][:] == d.v.values).all()\n"
        "assert (g[\"n\"][7:] == -32767).all() and not g[\"flag\"][7:].any() and g[\"sum\"].shape == (17,)\n");
    assert_int_equal(test_entries(1), 1);
    ash_context_free(ctx);
}

/* What zarr-python has made: groups, its usual compressor, chunks in folders of folders. */
static void stores_of_others(void **state) {
    (void)state;
    ash_context *ctx = context_with(2, NULL);
    fill_model(5);
    python("numpy as np, zarr",
        "for name, sep in ((\"one\", \".\"), (\"two\", \"/\")):\n"
        "    g = zarr.open_group(name + \".zarr\", mode=\"w\").create_group(\"a/b\")\n"
        "    v = g.create_dataset(\"v\", shape=(3, 17), chunks=(2, 5), dtype=\"<f4\", fill_value=None, dimension_separator=sep)\n"
        "    k = np.arange(51)\n"
        "    v[:] = ((k * 7 + 65) % 1000 * 0.25).reshape(3, 17)\n"
        "    v.attrs[\"_ARRAY_DIMENSIONS\"] = [\"y\", \"x\"]\n"
        "    for where, step in ((zarr.open_group(name + \".zarr\"), 9.0), (g, 1.5)):\n"
        "        y = where.create_dataset(\"y\", data=step * np.arange(3), chunks=(2,), fill_value=None)\n"
        "        y.attrs[\"_ARRAY_DIMENSIONS\"] = [\"y\"]\n"
        "    s = g.create_dataset(\"s\", shape=(3,), dtype=\"S4\")\n"
        "    s.attrs[\"_ARRAY_DIMENSIONS\"] = [\"z\"]\n"
        "    if sep == \"/\": zarr.consolidate_metadata(name + \".zarr\")\n");
    static const char *const paths[] = { "one.zarr", "two.zarr" };
    for (int k = 0; k < 2 && access(test_path(paths[k]), F_OK) == 0; k++) {
        ash_status status = ash_append(part(ctx, 3, 6, 0, X, "6,4"), test_path(paths[k]), "a/b/v", "y", NULL);
        if (status == ASH_ERR_UNSUPPORTED && strstr(ash_error(ctx), "by a codec that is only read here")) {
            ash_error_clear(ctx); /* a build without Blosc */
            continue;
        }
        assert_done(ctx, status);
        float found[9 * X];
        assert_done(ctx, ash_compute(ash_open(ctx, test_path(paths[k]), "a/b/v", NULL), found, sizeof found, NULL));
        assert_memory_equal(found, model, sizeof found);
    }
    python("numpy as np, zarr",
        "for name in (\"one.zarr\", \"two.zarr\"):\n"
        "    v = zarr.open(name, mode=\"r\")[\"a/b/v\"]\n"
        "    k = np.arange(v.size)\n"
        "    y, other = zarr.open(name, mode=\"r\")[\"a/b/y\"][:], zarr.open(name, mode=\"r\")[\"y\"][:]\n"
        "    assert (y == 1.5 * np.arange(v.shape[0])).all() and (other == 9.0 * np.arange(3)).all()\n"
        "    assert v.shape[0] in (3, 9) and (v[:] == ((k * 7 + 65) % 1000 * 0.25).reshape(v.shape)).all()\n"
        "    if v.compressor.codec_id == \"blosc\": print(name, v.shape)\n");
    test_entries(1);
    ash_context_free(ctx);
}

static void refused(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    const char *path = test_path("v.zarr");
    fill_model(0);
    ash_array v = part(ctx, 0, 7, 0, X, "4,6");
    assert_done(ctx, ash_write(v, path, "v", NULL));
    assert_done(ctx, ash_write(v, test_path("v.zarr.zip"), "v", NULL));
    assert_done(ctx, ash_write(v, test_path("v.npy"), "v", NULL));
    struct {
        ash_array a;
        const char *file, *name, *dim, *region, *words;
    } cases[] = {
        { v, path, "w", "y", NULL, "no variable 'w'" },
        { ash_index(v, ":, :4"), path, "v", "y", NULL, "has extent 17, found 4" },
        { ash_set_dims(v, "a,b"), path, "v", "y", NULL, "is 'y', found 'a'" },
        { v, path, "v", NULL, "0:7, 0:16", "has extent 16 along dimension 1, found 17" },
        { ash_cast(v, ASH_INT16), path, "v", "y", NULL, "append: variable 'v' is float32 and cannot take int16" },
        { part(ctx, 1, 2, 0, X, "4,6"), path, "v", NULL, "0:2, :", "the coordinate of dimension 'y' differs" },
        { v, test_path("v.zarr.zip"), "v", "y", NULL, "zip archives cannot be changed; it can be read, and written anew" },
        { v, test_path("v.zarr.zip"), "v", NULL, "0:7, :", "zip archives cannot be changed" },
        { ash_drop_coords(v, "y"), test_path("v.npy"), "v", NULL, "0:7, :", "files of its format cannot be changed" },
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        ash_status status = cases[k].dim ? ash_append(cases[k].a, cases[k].file, cases[k].name, cases[k].dim, NULL)
                                         : ash_write_region(cases[k].a, cases[k].file, cases[k].name, cases[k].region, NULL);
        if (status == ASH_OK || !strstr(ash_error(ctx), cases[k].words)) {
            fail_msg("case %zu: expected '%s', found '%s'", k, cases[k].words, ash_error(ctx));
        }
        assert_int_equal(test_entries(0), 3);
        ash_error_clear(ctx);
    }
    int folder = open(path, O_RDONLY | O_DIRECTORY); /* somebody is at work */
    assert_int_equal(flock(folder, LOCK_EX), 0);
    assert_int_equal(ash_append(part(ctx, 7, 2, 0, X, "4,6"), path, "v", "y", NULL), ASH_ERR_IO);
    assert_sentence(ctx, ASH_ERR_IO, "v.zarr: another run is changing this store");
    close(folder);
    expect_model(ctx, path, 7);
    test_entries(1);
    ash_context_free(ctx);
}

static void expect_mode(const char *path, mode_t mode) {
    struct stat about;
    assert_int_equal(stat(test_path(path), &about), 0);
    assert_int_equal(about.st_mode & 07777, mode);
}

/* A store that a group shares stays so, whoever appends to it. */
static void shared_stores(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    fill_model(0);
    mode_t was = umask(0007);
    assert_done(ctx, ash_write(part(ctx, 0, 4, 0, X, "4,17"), test_path("v.zarr"), "v", NULL));
    umask(0077);
    assert_done(ctx, ash_append(part(ctx, 4, 4, 0, X, "4,17"), test_path("v.zarr"), "v", "y", NULL));
    assert_done(ctx, ash_write_region(part(ctx, 0, 4, 0, X, "4,17"), test_path("v.zarr"), "v", "0:4, :", NULL));
    umask(was);
    static const char *const files[] = { "v.zarr/.zmetadata", "v.zarr/v/.zarray", "v.zarr/v/0.0", "v.zarr/v/1.0", "v.zarr/y/1" };
    for (size_t k = 0; k < sizeof files / sizeof *files; k++) {
        expect_mode(files[k], 0660);
    }
    expect_mode("v.zarr", 0770);
    test_entries(1);
    ash_context_free(ctx);
}

/* ---- Runs that end early ---- */

/* Every allocation fails once: the store is as it was, or has grown. */
static void no_memory(void **state) {
    (void)state;
    ash_context *ctx = context_with(1, NULL);
    const char *path = test_path("v.zarr");
    fill_model(0);
    for (int onward = 0; onward < 2; onward++) {
        int rows = 5, done = 0;
        assert_done(ctx, ash_write(part(ctx, 0, rows, 0, X, "4,6"), path, "v", &(ash_write_options){ .deflate = 1 }));
        for (int64_t n = 1; !done; n += 1 + n / 40) {
            ash_scope_begin(ctx);
            ash_array more = part(ctx, rows, 3, 0, X, "2,5");
            ash_fail_allocations(n, onward);
            ash_status status = ash_append(more, path, "v", "y", NULL);
            done = ash_fail_allocations_left() > 0;
            ash_fail_allocations(0, 0);
            if (status != ASH_OK) {
                if (ash_error_status(ctx) != ASH_ERR_MEMORY) {
                    fail_msg("allocation %d: %s", (int)n, ash_error(ctx));
                }
                ash_error_clear(ctx);
            }
            rows += status == ASH_OK ? 3 : 0;
            expect_model(ctx, path, rows);
            assert_int_equal(test_entries(0), 1);
            if (!done && status == ASH_OK) { /* what failed was not needed */
                assert_done(ctx, ash_write(part(ctx, 0, rows = 5, 0, X, "4,6"), path, "v", &(ash_write_options){ .deflate = 1 }));
            }
            ash_scope_end(ctx, NULL, 0);
        }
        assert_int_equal(rows, 8);
    }
    test_entries(1);
    ash_context_free(ctx);
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static const char *program;

/* The run that is killed: a process of its own. */
static int append_to(const char *path) {
    ash_context *ctx = context_with(2, NULL);
    fill_model(1);
    ash_status status = ash_append(part(ctx, 5, 18, 0, X, "2,5"), path, "v", "y", NULL);
    ash_context_free(ctx);
    return status == ASH_OK ? 0 : 1;
}

/* Killed at any moment of an append, a store has the rows that it had, or all: then the same append works. */
static void killed(void **state) {
    (void)state;
    enum { RUNS = 40 };
    ash_context *ctx = context_with(1, NULL);
    const char *path = test_path("v.zarr");
    int whole = 0;
    double took = 0.05;
    fill_model(1);
    for (int run = 0; run < RUNS; run++) {
        assert_done(ctx, ash_write(part(ctx, 0, 5, 0, X, "4,1"), path, "v", &(ash_write_options){ .deflate = 9, .shuffle = true }));
        double began = seconds();
        pid_t child = fork();
        if (child == 0) {
            execl(program, program, path, NULL);
            _exit(127);
        }
        if (run > 0) {
            double after = took * 1.2 * run / RUNS;
            nanosleep(&(struct timespec){ .tv_nsec = (long)(after * 1e9) }, NULL);
            kill(child, SIGKILL);
        }
        assert_int_equal(waitpid(child, NULL, 0), child);
        took = run == 0 ? seconds() - began : took;
        took = took < 0.8 ? took : 0.8;
        ash_scope_begin(ctx);
        ash_array v = ash_open(ctx, path, "v", NULL);
        assert_good(v);
        int rows = (int)ash_extent(v, 0);
        assert_true(rows == 5 || rows == Y);
        expect_model(ctx, path, rows);
        whole += rows == Y;
        assert_done(ctx,
            rows == 5 ? ash_append(part(ctx, 5, 18, 0, X, "2,5"), path, "v", "y", NULL)
                      : ash_write_region(part(ctx, 5, 18, 0, X, "2,5"), path, "v", "5:23, :", NULL));
        expect_model(ctx, path, Y);
        ash_scope_end(ctx, NULL, 0);
        assert_int_equal(test_entries(1), 1); /* what the killed run had waiting is gone */
    }
    print_message("%d runs, of which %d had finished\n", RUNS, whole);
    ash_context_free(ctx);
}

int main(int count, char *argument[]) {
    if (count > 1) {
        return append_to(argument[1]);
    }
    program = argument[0];
    const struct CMUnitTest tests[] = { cmocka_unit_test(any_chunks_and_offsets), cmocka_unit_test(others_along_the_dimension),
        cmocka_unit_test(stores_of_others), cmocka_unit_test(refused), cmocka_unit_test(shared_stores), cmocka_unit_test(no_memory),
        cmocka_unit_test(killed) };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
