/* Every allocation of the storage layer is made to fail in turn: an error or a right result, and nothing leaked. */
#include "support.h"

#include "base/memory.h"

#include <hdf5.h>
#include <netcdf.h>
#include <string.h>

enum { ROUNDS_MAX = 2000 };

static const double values[12] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };

static void make_file(const char *path, int flags, int deflate) {
    int file, dim[2], id, group;
    const char *words[2] = { "a", "b" };
    nc_must(nc_create(path, NC_CLOBBER | flags, &file));
    nc_must(nc_def_dim(file, "y", 3, &dim[0]));
    nc_must(nc_def_dim(file, "x", 4, &dim[1]));
    nc_must(nc_def_var(file, "x", NC_DOUBLE, 1, dim + 1, &id));
    nc_must(nc_put_att_text(file, id, "units", 1, "m"));
    nc_must(nc_put_att_double(file, NC_GLOBAL, "pair", NC_DOUBLE, 2, values));
    group = file;
    if (flags == NC_NETCDF4) {
        nc_must(nc_put_att_string(file, NC_GLOBAL, "words", 2, words));
        nc_must(nc_def_grp(file, "g", &group));
    }
    nc_must(nc_def_var(group, "v", NC_DOUBLE, 2, dim, &id));
    if (deflate)
        nc_must(nc_def_var_deflate(group, id, 1, 1, 1));
    nc_must(nc_enddef(file));
    nc_must(nc_put_var_double(group, id, values));
    nc_must(nc_close(file));
}

/* Opens, finds, reads and looks for coordinates and names; 1 if all went well. */
static int read_all(const char *path, const char *name, ash_error_state *error) {
    static const int64_t zero[2] = { 0 }, all[2] = { 3, 4 }, one[2] = { 1, 1 };
    double got[12];
    ash_file *file = ash_file_open(path, "open", error);
    const ash_variable *variable = file ? ash_file_variable(file, name, "open", error) : NULL;
    if (variable && read_box(file, variable, zero, all, one, got, error) == ASH_OK) {
        assert_memory_equal(got, values, sizeof got);
        const ash_variable *coordinate = ash_file_coordinate(file, variable, 1, error);
        assert_true(coordinate || variable->dim[1] == NULL || error->status == ASH_ERR_MEMORY);
        ash_error_state missing = { 0 };
        assert_null(ash_file_variable(file, "w", "open", &missing));
        if (error->status == ASH_OK && missing.status != ASH_ERR_NOT_FOUND)
            *error = missing;
    }
    ash_file_release(file);
    return error->status == ASH_OK;
}

static void fail_every_read(const char *path, const char *name) {
    int64_t n = 1;
    for (int onward = 0; onward < 2; onward++) {
        for (n = 1; n < ROUNDS_MAX; n++) {
            ash_error_state error = { 0 };
            ash_fail_allocations(n, onward);
            int done = read_all(path, name, &error);
            ash_fail_allocations(0, 0);
            if (done && n > 5)
                break;
            if (!done)
                assert_int_equal(error.status, ASH_ERR_MEMORY);
        }
        assert_in_range(n, 6, ROUNDS_MAX - 1);
    }
}

static void test_reading(void **state) {
    (void)state;
    make_file(in_folder("classic.nc"), 0, 0);
    make_file(in_folder("four.nc"), NC_NETCDF4, 0);
    make_file(in_folder("packed.nc"), NC_NETCDF4, 1);
    fail_every_read(in_folder("classic.nc"), "v");
    fail_every_read(in_folder("four.nc"), "g/v");
    fail_every_read(in_folder("packed.nc"), "g/v");
}

/* The same for plain HDF5. */
static void test_reading_plain(void **state) {
    (void)state;
    hsize_t shape[2] = { 3, 4 };
    hid_t file = H5Fcreate(in_folder("plain.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), space = H5Screate_simple(2, shape, NULL),
          text = H5Tcopy(H5T_C_S1), scalar = H5Screate(H5S_SCALAR);
    hid_t set = H5Dcreate2(file, "v", H5T_IEEE_F64BE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Tset_size(text, 3);
    hid_t attribute = H5Acreate2(set, "units", text, scalar, H5P_DEFAULT, H5P_DEFAULT);
    H5Awrite(attribute, text, "km");
    H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    H5Aclose(attribute);
    H5Dclose(set);
    H5Sclose(space);
    H5Sclose(scalar);
    H5Tclose(text);
    H5Fclose(file);
    fail_every_read(in_folder("plain.h5"), "v");
}

static int write_all(const char *path, const ash_attrs *attrs, ash_error_state *error) {
    static const ash_writer_dim dims[] = { { "y", 3, 1 }, { "x", 4, 0 } };
    static const int64_t zero[2] = { 0 }, all[2] = { 3, 4 };
    const ash_writer_variable variable = {
        .name = "v", .dtype = ASH_FLOAT64, .ndim = 2, .dim = { 0, 1 }, .chunk = { 2, 2 }, .deflate = 1, .attrs = attrs
    };
    const ash_writer_schema schema = { .ndims = 2, .dim = dims, .nvariables = 1, .variable = &variable, .global = attrs };
    ash_write_scratch scratch = { 0 };
    ash_writer *writer = ash_writer_begin(ash_format_find(NULL, path, "write", error), path, &schema, NULL, "write", error);
    if (!writer)
        return 0;
    ash_writer_put(writer, 0, zero, all, values, &scratch, error);
    ash_write_scratch_free(&scratch);
    if (error->status == ASH_OK)
        return ash_writer_commit(writer, error) == ASH_OK;
    ash_writer_abort(writer);
    return 0;
}

static void test_writing(void **state) {
    (void)state;
    ash_attrs *attrs = NULL;
    assert_true(ash_attrs_set_text(&attrs, "units", "K"));
    int entries = entries_in_folder(), done = 0;
    for (int64_t n = 1; n < ROUNDS_MAX && !done; n++) {
        ash_error_state error = { 0 };
        ash_fail_allocations(n, 0);
        done = write_all(in_folder("out.nc"), attrs, &error);
        ash_fail_allocations(0, 0);
        assert_int_equal(error.status, done ? ASH_OK : ASH_ERR_MEMORY);
        assert_int_equal(entries_in_folder(), entries + done);
    }
    assert_true(done);
    ash_attrs_release(attrs);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_reading), cmocka_unit_test(test_reading_plain),
        cmocka_unit_test(test_writing) };
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
