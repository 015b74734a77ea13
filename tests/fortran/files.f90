! Written, read back, and what is said when it cannot be.
program files
    use, intrinsic :: iso_fortran_env, only: real32, real64
    use ashlar
    use checking
    implicit none
    type(ash_context) :: ctx
    type(ash_array) :: a, back
    character(:), allocatable :: names(:), texts(:) ! here, since gfortran 12 warns of them in a subroutine
    real(real32), target :: x(4, 3, 2)
    real(real32) :: y(4, 3, 2)
    real(real64), target :: lon(4) = [0.0_real64, 90.0_real64, 180.0_real64, 270.0_real64]
    real(real64) :: lon_back(4)
    integer :: status
    character(*), parameter :: path = 'fortran_files_test.nc', raw_path = 'fortran_files_test.bin'

    call random_number(x)
    ctx = ash_context_new()
    a = ash_set_attr(ash_from_buffer(ctx, x, dims='time,lat,lon'), 'units', 'K')
    a = ash_set_coord(a, 'lon', ash_from_buffer(ctx, lon))
    call ash_write(a, path, 't', status, deflate=1, shuffle=.true., history='', attributes='title=a test', unlimited='time')
    call check('write: '//ash_error(ctx), status == ASH_SUCCESS)

    back = ash_open(ctx, path, 't', chunks='time=1')
    call check('shape', all(ash_shape(back) == shape(x)))
    call check('names', ash_dim_name(back, 1) == 'lon' .and. ash_dim_name(back, 3) == 'time')
    call check('attribute', ash_attr(back, 'units') == 'K')
    call ash_compute(back, y, status)
    call check('values', status == ASH_SUCCESS .and. all(x == y))
    call ash_compute(ash_coord(back, 'lon'), lon_back, status)
    call check('coordinate', status == ASH_SUCCESS .and. all(lon == lon_back))
    call ash_compute(ash_open(ctx, path, 't', raw=.true.), y, status)
    call check('raw', status == ASH_SUCCESS .and. all(x == y))

    back = ash_open(ctx, path, 'tt')
    call check('no such variable', ash_array_status(back) == ASH_ERR_NOT_FOUND .and. .not. ash_ok(back))
    call check('the name is in the sentence', index(ash_error(ctx), 'tt') > 0)
    call changes()
    call datasets()
    call ash_write(back, path, 't', status)
    call check('what failed is not written', status == ASH_ERR_NOT_FOUND)
    call ash_write(a, 'no/such/folder/a.nc', 't', status)
    call check('no such folder', status /= ASH_SUCCESS)
    call write_stream(raw_path, x)
    back = ash_open_raw(ctx, raw_path, ASH_FLOAT32, [4, 3, 2], offset=4, dims='time,lat,lon')
    call check('shape of raw', all(ash_shape(back) == shape(x)) .and. ash_dim_name(back, 1) == 'lon')
    call ash_compute(back, y, status)
    call check('values of raw', status == ASH_SUCCESS .and. all(x == y))
    back = ash_open_raw(ctx, raw_path, ASH_FLOAT32, [4, 3, 3])
    call check('raw that is too short', index(ash_error(ctx), 'open_raw: ') > 0 .and. .not. ash_ok(back))
    call ash_context_free(ctx)
    call delete(path)
    call delete(raw_path)
    call finish()

contains

    subroutine write_stream(file, values)
        character(*), intent(in) :: file
        real(real32), intent(in) :: values(:, :, :)
        integer :: unit

        open (newunit=unit, file=file, access='stream', form='unformatted', status='replace')
        write (unit) 7, values
        close (unit)
    end subroutine

    subroutine datasets()
        type(ash_dataset) :: data, both
        type(ash_array) :: part
        real(real32) :: z(2, 3, 2)
        real(real32) :: twice(4, 3, 2, 2)

        data = ash_dataset_open(ctx, path)
        call check('dataset', ash_ok(data))
        names = ash_dataset_names(data)
        call check('names of variables', any(names == 't') .and. any(names == 'lon'))
        call check('attribute of the file', ash_dataset_attr(data, 'title') == 'a test')
        call check('attribute of a variable', ash_dataset_attr(data, 'units', 't') == 'K')
        call check('described', index(ash_dataset_describe(data), 'float32 t(time, lat, lon)') > 0)
        part = ash_sel(ash_dataset_variable(data, 't'), 'lon=80:180')
        call ash_compute(part, z, status)
        call check('selected', status == ASH_SUCCESS .and. all(z == x(2:3, :, :)))
        part = ash_sel(ash_dataset_variable(data, 't'), 'lon=100', method='nearest', tolerance=10.0_real64)
        call check('nearest', ash_ndim(part) == 2)
        call ash_dataset_text(data, 't', texts, status)
        call check('numbers are no text', status == ASH_ERR_DTYPE .and. size(texts) == 0)
        both = ash_dataset_open(ctx, [path, path], stack='member')
        call ash_compute(ash_dataset_variable(both, 't'), twice, status)
        call check('stacked', status == ASH_SUCCESS .and. all(twice(:, :, :, 1) == x) .and. all(twice(:, :, :, 2) == x))
        both = ash_dataset_open(ctx, [path, path], join='lon')
        call check('files that overlap', .not. ash_ok(both) .and. index(ash_error(ctx), 'overlaps') > 0)
        deallocate (names, texts) ! variables of the program stay
    end subroutine

    !> One more time behind the others and another in its place, in a file of its own.
    subroutine changes()
        character(*), parameter :: other = 'fortran_files_changed.nc', copy = 'fortran_files_copy.nc'
        type(ash_array) :: one
        real(real32) :: grown(4, 3, 3)

        call ash_write(a, other, 't', status, unlimited='time')
        one = ash_index(a, 'time=0:1')
        call ash_append(one, other, 't', 'time', status)
        call check('append: '//ash_error(ctx), status == ASH_SUCCESS)
        call ash_write_region(one, other, 't', 'time=1:2', status)
        call check('write_region: '//ash_error(ctx), status == ASH_SUCCESS)
        call ash_dataset_write(ash_dataset_open(ctx, other), copy, 't', status, deflate=1, shuffle=.true., format='netcdf4')
        call check('dataset_write: '//ash_error(ctx), status == ASH_SUCCESS)
        call ash_compute(ash_open(ctx, copy, 't'), grown, status)
        call check('what was changed', status == ASH_SUCCESS .and. all(grown(:, :, 1) == x(:, :, 1)) .and. &
            all(grown(:, :, 2) == x(:, :, 1)) .and. all(grown(:, :, 3) == x(:, :, 1)))
        call ash_append(one, other, 't', 'lat', status)
        call check('what does not grow', status == ASH_ERR_SHAPE)
        call delete(other)
        call delete(copy)
    end subroutine
end program
