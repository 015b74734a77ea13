!> Making arrays, views of them, names, coordinates, attributes, files.
!!
!! Shapes and dimension numbers are Fortran's: the first dimension is the fastest. Texts are the library's, in C's order, as ncdump shows a
!! variable: x(lon,lat,time) has dims 'time,lat,lon'.
module ashlar_arrays
    use, intrinsic :: iso_c_binding
    use, intrinsic :: iso_fortran_env, only: int32, int64, real64
    use ashlar_c
    use ashlar_core
    use ashlar_options
    implicit none
    private

    public :: ash_zeros, ash_ones, ash_full, ash_arange, ash_linspace, ash_open, ash_open_raw, ash_write, ash_append
    public :: ash_write_region, ash_apply, ash_apply_many
    public :: ash_cast, ash_index, ash_sel, ash_transpose, ash_squeeze, ash_reshape, ash_rechunk, ash_set_dims, ash_coord, ash_set_coord
    public :: ash_drop_coords
    public :: ash_set_attr, ash_time_field, ash_group_take
    public :: from_memory, compute_into, fits

    !> To 'lat=4, lon=6', in C's order, or to a Fortran shape, [6, 4].
    interface ash_reshape
        procedure :: reshape_to_text, reshape_to_extents
    end interface

contains

    ! ---- Making arrays ----

    function ash_zeros(context, dtype, shape, dims, chunks) result(out)
        type(ash_context), intent(in) :: context
        integer, intent(in) :: dtype
        class(*), intent(in) :: shape(:)
        character(*), intent(in), optional :: dims, chunks
        type(ash_array) :: out

        out = ash_full(context, dtype, shape, 0, dims, chunks)
    end function

    function ash_ones(context, dtype, shape, dims, chunks) result(out)
        type(ash_context), intent(in) :: context
        integer, intent(in) :: dtype
        class(*), intent(in) :: shape(:)
        character(*), intent(in), optional :: dims, chunks
        type(ash_array) :: out

        out = ash_full(context, dtype, shape, 1, dims, chunks)
    end function

    !> An array of one value; shape is of integers of 32 or 64 bits.
    function ash_full(context, dtype, shape, value, dims, chunks) result(out)
        type(ash_context), intent(in) :: context
        integer, intent(in) :: dtype
        class(*), intent(in) :: shape(:)
        class(*), intent(in) :: value
        character(*), intent(in), optional :: dims, chunks
        type(ash_array) :: out
        character(kind=c_char), allocatable, target :: dims_text(:), chunks_text(:)
        integer(c_int64_t), allocatable :: extents(:)
        type(c_make_options) :: options

        call c_extents(shape, extents)
        if (.not. allocated(extents)) then
            out%handle = failed(context%pointer, ASH_ERR_ARGUMENT, 'full: shape must be of integers of 32 or 64 bits')
            return
        end if
        options = make_options(dims_text, dims, chunks_text, chunks)
        out%handle = c_full(context%pointer, int(dtype, c_int), size(extents), extents, &
            handle_of(context%pointer, value), options)
    end function

    !> int64 start, start + step, ... before stop.
    function ash_arange(context, start, stop, step, dims, chunks) result(out)
        type(ash_context), intent(in) :: context
        integer, intent(in) :: start, stop
        integer, intent(in), optional :: step
        character(*), intent(in), optional :: dims, chunks
        type(ash_array) :: out
        character(kind=c_char), allocatable, target :: dims_text(:), chunks_text(:)
        integer(c_int64_t) :: by

        by = 1
        if (present(step)) by = step
        out%handle = c_arange(context%pointer, int(start, c_int64_t), int(stop, c_int64_t), by, &
            make_options(dims_text, dims, chunks_text, chunks))
    end function

    !> `count` float64 values from start to stop inclusive.
    function ash_linspace(context, start, stop, count, dims, chunks) result(out)
        type(ash_context), intent(in) :: context
        real(real64), intent(in) :: start, stop
        integer, intent(in) :: count
        character(*), intent(in), optional :: dims, chunks
        type(ash_array) :: out
        character(kind=c_char), allocatable, target :: dims_text(:), chunks_text(:)

        out%handle = c_linspace(context%pointer, start, stop, int(count, c_int64_t), &
            make_options(dims_text, dims, chunks_text, chunks))
    end function

    function make_options(dims_text, dims, chunks_text, chunks) result(options)
        character(kind=c_char), allocatable, target, intent(inout) :: dims_text(:), chunks_text(:)
        character(*), intent(in), optional :: dims, chunks
        type(c_make_options) :: options

        options%size = c_sizeof(options)
        options%dims = c_text(dims_text, dims)
        options%chunks = c_text(chunks_text, chunks)
    end function

    !> What ash_from_buffer does for every kind. `extents` in Fortran's order.
    function from_memory(context, dtype, extents, contiguous, data, dims, chunks) result(out)
        type(ash_context), intent(in) :: context
        integer, intent(in) :: dtype
        integer(int64), intent(in) :: extents(:)
        logical, intent(in) :: contiguous
        type(c_ptr), intent(in) :: data
        character(*), intent(in), optional :: dims, chunks
        type(ash_array) :: out
        character(kind=c_char), allocatable, target :: dims_text(:), chunks_text(:)

        if (.not. contiguous) then
            out%handle = failed(context%pointer, ASH_ERR_ARGUMENT, &
                'from_buffer: data must be contiguous, found a section with gaps')
            return
        end if
        out%handle = c_from_buffer(context%pointer, int(dtype, c_int), size(extents), extents(size(extents):1:-1), data, &
            make_options(dims_text, dims, chunks_text, chunks))
    end function

    !> What ash_compute does for every kind.
    subroutine compute_into(a, dtype, extents, contiguous, data, status, options)
        type(ash_array), intent(in) :: a
        integer, intent(in) :: dtype
        integer(int64), intent(in) :: extents(:)
        logical, intent(in) :: contiguous
        type(c_ptr), intent(in) :: data
        integer, intent(out), optional :: status
        type(ash_run_options), intent(in), optional :: options
        type(held_options), target :: held

        if (.not. ash_ok(a)) then
            call report(c_array_status(a%handle), status)
        else if (fits(a%handle%context, 'compute', ash_array_dtype(a), ash_shape(a), dtype, extents, contiguous, status)) then
            call report(c_compute(a%handle, data, product(extents)*c_dtype_size(int(dtype, c_int)), run_options(held, options)), status)
        end if
    end subroutine

    !> Whether a variable of the program can take an array; if not, that is recorded as the error of `caller`.
    logical function fits(context, caller, array_dtype, array_extents, dtype, extents, contiguous, status)
        type(c_ptr), intent(in) :: context
        character(*), intent(in) :: caller
        integer, intent(in) :: array_dtype, dtype
        integer(int64), intent(in) :: array_extents(:), extents(:)
        logical, intent(in) :: contiguous
        integer, intent(out), optional :: status

        fits = .false.
        if (array_dtype /= dtype) then
            call refuse(context, ASH_ERR_DTYPE, caller//': the array is '//ash_dtype_name(array_dtype)//', found a buffer of ' &
                //ash_dtype_name(dtype)//'; use ash_cast', status)
        else if (.not. contiguous) then
            call refuse(context, ASH_ERR_ARGUMENT, caller//': the buffer must be contiguous, found a section with gaps', status)
        else if (.not. same_shape(array_extents, extents)) then
            call refuse(context, ASH_ERR_SHAPE, caller//': the array has shape '//shape_text(array_extents) &
                //', found a buffer of shape '//shape_text(extents), status)
        else
            fits = .true.
        end if
    end function

    subroutine refuse(context, code, sentence, status)
        type(c_ptr), intent(in) :: context
        integer, intent(in) :: code
        character(*), intent(in) :: sentence
        integer, intent(out), optional :: status
        type(ash_array) :: refused

        refused%handle = failed(context, code, sentence)
        if (.not. ash_ok(refused)) call report(int(code, c_int), status) ! asking records the sentence
    end subroutine

    pure logical function same_shape(a, b)
        integer(int64), intent(in) :: a(:), b(:)

        same_shape = size(a) == size(b)
        if (same_shape) same_shape = all(a == b)
    end function

    ! ---- Files ----

    !> A variable of a file as a lazy array.
    function ash_open(context, path, variable, chunks, raw, valid_range) result(out)
        type(ash_context), intent(in) :: context
        character(*), intent(in) :: path, variable
        character(*), intent(in), optional :: chunks
        logical, intent(in), optional :: raw, valid_range
        type(ash_array) :: out
        character(kind=c_char), allocatable, target :: path_text(:), variable_text(:), chunks_text(:)
        type(c_open_options) :: options

        options%size = c_sizeof(options)
        options%chunks = c_text(chunks_text, chunks)
        if (present(raw)) options%raw = logical(raw, c_bool)
        if (present(valid_range)) options%valid_range = logical(valid_range, c_bool)
        out%handle = c_open(context%pointer, c_text(path_text, path), c_text(variable_text, variable), options)
    end function

    !> Elements in any file as a lazy array: what a Fortran program writes to a stream, as it is.
    function ash_open_raw(context, path, dtype, shape, offset, order, byte_order, dims, chunks) result(out)
        type(ash_context), intent(in) :: context
        character(*), intent(in) :: path
        integer, intent(in) :: dtype
        class(*), intent(in) :: shape(:)
        class(*), intent(in), optional :: offset
        character(*), intent(in), optional :: order, byte_order, dims, chunks
        type(ash_array) :: out
        character(kind=c_char), allocatable, target :: path_text(:), order_text(:), byte_order_text(:), dims_text(:), chunks_text(:)
        integer(c_int64_t), allocatable :: extents(:)
        type(c_raw_options) :: options

        call c_extents(shape, extents)
        if (.not. allocated(extents)) then
            out%handle = failed(context%pointer, ASH_ERR_ARGUMENT, 'open_raw: shape must be of integers of 32 or 64 bits')
            return
        end if
        options%size = c_sizeof(options)
        if (present(offset)) then
            select type (offset)
            type is (integer(int32))
                options%offset = int(offset, c_int64_t)
            type is (integer(int64))
                options%offset = offset
            class default
                out%handle = failed(context%pointer, ASH_ERR_ARGUMENT, 'open_raw: offset must be an integer of 32 or 64 bits')
                return
            end select
        end if
        options%order = c_text(order_text, order)
        options%byte_order = c_text(byte_order_text, byte_order)
        options%dims = c_text(dims_text, dims)
        options%chunks = c_text(chunks_text, chunks)
        out%handle = c_open_raw(context%pointer, c_text(path_text, path), int(dtype, c_int), size(extents), &
            extents, options)
    end function

    !> Computes the array and writes it as one variable of a new file, NetCDF-4 unless another format is asked for.
    subroutine ash_write(a, path, name, status, deflate, shuffle, history, attributes, unlimited, format, chunks, encoding, zstd, &
            fletcher32, resume, options)
        type(ash_array), intent(in) :: a
        character(*), intent(in) :: path, name
        integer, intent(out), optional :: status
        integer, intent(in), optional :: deflate, zstd
        logical, intent(in), optional :: shuffle, fletcher32, resume
        character(*), intent(in), optional :: history, attributes, unlimited, format, chunks, encoding
        type(ash_run_options), intent(in), optional :: options
        character(kind=c_char), allocatable, target :: path_text(:), name_text(:)
        type(held_write_options), target :: held

        call write_options(held, deflate, shuffle, history, attributes, unlimited, format, chunks, encoding, zstd, fletcher32, resume, &
            options)
        call report(c_write(a%handle, c_text(path_text, path), c_text(name_text, name), held%options), status)
    end subroutine

    !> Computes the array and appends it to a variable of a file along its unlimited dimension.
    subroutine ash_append(a, path, name, dim, status, options)
        type(ash_array), intent(in) :: a
        character(*), intent(in) :: path, name, dim
        integer, intent(out), optional :: status
        type(ash_run_options), intent(in), optional :: options
        character(kind=c_char), allocatable, target :: path_text(:), name_text(:), dim_text(:)
        type(held_write_options), target :: held

        call write_options(held, options=options)
        call report(c_append(a%handle, c_text(path_text, path), c_text(name_text, name), c_text(dim_text, dim), c_loc(held%options)), status)
    end subroutine

    !> Computes the array and overwrites a region of a variable: 'time=10:20', as ash_index takes it, in C's order and counted from 0.
    subroutine ash_write_region(a, path, name, region, status, options)
        type(ash_array), intent(in) :: a
        character(*), intent(in) :: path, name, region
        integer, intent(out), optional :: status
        type(ash_run_options), intent(in), optional :: options
        character(kind=c_char), allocatable, target :: path_text(:), name_text(:), region_text(:)
        type(held_write_options), target :: held

        call write_options(held, options=options)
        call report(c_write_region(a%handle, c_text(path_text, path), c_text(name_text, name), c_text(region_text, region), &
            c_loc(held%options)), status)
    end subroutine

    ! ---- Every operation of the library by name ----

    !> ash_apply(ctx, 'round', [a], 'decimals=2').
    function ash_apply(context, op, inputs, params) result(out)
        type(ash_context), intent(in) :: context
        character(*), intent(in) :: op
        type(ash_array), intent(in) :: inputs(:)
        character(*), intent(in), optional :: params
        type(ash_array) :: out
        character(kind=c_char), allocatable, target :: op_text(:), params_text(:)

        out%handle = c_apply(context%pointer, c_text(op_text, op), size(inputs), inputs%handle, c_text(params_text, params))
    end function

    !> The same for operations of several outputs.
    subroutine ash_apply_many(context, op, inputs, outputs, params, status)
        type(ash_context), intent(in) :: context
        character(*), intent(in) :: op
        type(ash_array), intent(in) :: inputs(:)
        type(ash_array), intent(inout) :: outputs(:)
        character(*), intent(in), optional :: params
        integer, intent(out), optional :: status
        character(kind=c_char), allocatable, target :: op_text(:), params_text(:)

        call report(c_apply_many(context%pointer, c_text(op_text, op), size(inputs), inputs%handle, c_text(params_text, params), &
            size(outputs), outputs%handle), status)
    end subroutine

    ! ---- Views, names, coordinates, attributes ----

    function ash_cast(a, dtype) result(out)
        type(ash_array), intent(in) :: a
        integer, intent(in) :: dtype
        type(ash_array) :: out

        out%handle = c_cast(a%handle, int(dtype, c_int))
    end function

    !> What is common to the builders that take one text.
    function by_text(builder, a, text) result(out)
        procedure(c_text_builder) :: builder
        type(ash_array), intent(in) :: a
        character(*), intent(in), optional :: text
        type(ash_array) :: out
        character(kind=c_char), allocatable, target :: buffer(:)

        out%handle = builder(a%handle, c_text(buffer, text))
    end function

    !> NumPy's basic indexing as text, from 0, in C's order: 'time=10:20, lat=::2'.
    function ash_index(a, index) result(out)
        type(ash_array), intent(in) :: a
        character(*), intent(in) :: index
        type(ash_array) :: out

        out = by_text(c_index, a, index)
    end function

    !> Selection by value: 'time=1990-01:1999-12, lat=-30:30, lon=350:20'. method: 'exact' or 'nearest'.
    function ash_sel(a, labels, method, tolerance) result(out)
        type(ash_array), intent(in) :: a
        character(*), intent(in) :: labels
        character(*), intent(in), optional :: method
        real(real64), intent(in), optional :: tolerance
        type(ash_array) :: out
        character(kind=c_char), allocatable, target :: labels_text(:), method_text(:)
        type(c_sel_options) :: options

        options%size = c_sizeof(options)
        options%method = c_text(method_text, method)
        if (present(tolerance)) options%tolerance = tolerance
        out%handle = c_sel(a%handle, c_text(labels_text, labels), options)
    end function

    !> Axes in the order given, as text; without it reversed.
    function ash_transpose(a, dims) result(out)
        type(ash_array), intent(in) :: a
        character(*), intent(in), optional :: dims
        type(ash_array) :: out

        out = by_text(c_transpose, a, dims)
    end function

    function ash_squeeze(a, dims) result(out)
        type(ash_array), intent(in) :: a
        character(*), intent(in), optional :: dims
        type(ash_array) :: out

        out = by_text(c_squeeze, a, dims)
    end function

    function reshape_to_text(a, shape) result(out)
        type(ash_array), intent(in) :: a
        character(*), intent(in) :: shape
        type(ash_array) :: out

        out = by_text(c_reshape, a, shape)
    end function

    function reshape_to_extents(a, shape) result(out)
        type(ash_array), intent(in) :: a
        class(*), intent(in) :: shape(:)
        type(ash_array) :: out
        character(:), allocatable :: text
        integer(c_int64_t), allocatable :: extents(:)
        integer :: d

        call c_extents(shape, extents)
        if (.not. allocated(extents)) then
            out%handle = failed(a%handle%context, ASH_ERR_ARGUMENT, 'reshape: shape must be of integers of 32 or 64 bits')
            return
        end if
        text = ''
        do d = 1, size(extents)
            if (d > 1) text = text//', '
            text = text//decimal(extents(d))
        end do
        out = by_text(c_reshape, a, text)
    end function

    function ash_rechunk(a, chunks) result(out)
        type(ash_array), intent(in) :: a
        character(*), intent(in) :: chunks
        type(ash_array) :: out

        out = by_text(c_rechunk, a, chunks)
    end function

    function ash_set_dims(a, dims) result(out)
        type(ash_array), intent(in) :: a
        character(*), intent(in) :: dims
        type(ash_array) :: out

        out = by_text(c_set_dims, a, dims)
    end function

    function ash_coord(a, dim) result(out)
        type(ash_array), intent(in) :: a
        character(*), intent(in) :: dim
        type(ash_array) :: out

        out = by_text(c_coord, a, dim)
    end function

    function ash_drop_coords(a, dims) result(out)
        type(ash_array), intent(in) :: a
        character(*), intent(in), optional :: dims
        type(ash_array) :: out

        out = by_text(c_drop_coords, a, dims)
    end function

    function ash_set_coord(a, dim, coord) result(out)
        type(ash_array), intent(in) :: a, coord
        character(*), intent(in) :: dim
        type(ash_array) :: out
        character(kind=c_char), allocatable, target :: buffer(:)

        out%handle = c_set_coord(a%handle, c_text(buffer, dim), coord%handle)
    end function

    !> Sets, or without text removes, an attribute.
    function ash_set_attr(a, name, text) result(out)
        type(ash_array), intent(in) :: a
        character(*), intent(in) :: name
        character(*), intent(in), optional :: text
        type(ash_array) :: out
        character(kind=c_char), allocatable, target :: name_text(:), buffer(:)

        out%handle = c_set_attr(a%handle, c_text(name_text, name), c_text(buffer, text))
    end function

    !> 'year', 'month', ... of each value of a time coordinate.
    function ash_time_field(time, field) result(out)
        type(ash_array), intent(in) :: time
        character(*), intent(in) :: field
        type(ash_array) :: out

        out = by_text(c_time_field, time, field)
    end function

    !> Rows by label: the way back from groups.
    function ash_group_take(groups, dim, labels) result(out)
        type(ash_array), intent(in) :: groups, labels
        character(*), intent(in) :: dim
        type(ash_array) :: out
        character(kind=c_char), allocatable, target :: buffer(:)

        out%handle = c_group_take(groups%handle, c_text(buffer, dim), labels%handle)
    end function
end module
