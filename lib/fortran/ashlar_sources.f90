!> Arrays whose values come from a procedure, and procedures that receive an array. Bounds are Fortran's: from 1, the first dimension is the fastest.
module ashlar_sources
    use, intrinsic :: iso_c_binding
    use, intrinsic :: iso_fortran_env, only: int64
    use ashlar_c
    use ashlar_core
    use ashlar_options
    implicit none
    private

    public :: ash_from_source, ash_read_box, ash_store, ash_write_box

    abstract interface
        !> Writes x(lower(1):upper(1), lower(2):upper(2), ...) into the memory at `buffer`, which has no gaps (c_f_pointer makes an array of
        !! it). Returns ASH_SUCCESS, or a sentence in `message` and the status that the run is to fail with. See ash_read_box_fn in source.h for what it may do.
        integer function ash_read_box(user, lower, upper, buffer, message) result(status)
            import :: c_ptr, int64
            type(c_ptr), intent(in) :: user
            integer(int64), intent(in) :: lower(:), upper(:)
            type(c_ptr), intent(in) :: buffer
            character(*), intent(inout) :: message
        end function
        !> Receives x(lower(1):upper(1), ...) in the memory at `data`. The rest is as with ash_read_box.
        integer function ash_write_box(user, lower, upper, data, message) result(status)
            import :: c_ptr, int64
            type(c_ptr), intent(in) :: user
            integer(int64), intent(in) :: lower(:), upper(:)
            type(c_ptr), intent(in) :: data
            character(*), intent(inout) :: message
        end function
    end interface

    !> What C hands back to us at every call.
    type :: source_reader
        procedure(ash_read_box), pointer, nopass :: read_box => null()
        type(c_ptr) :: user = c_null_ptr
    end type

    type :: sink_writer
        procedure(ash_write_box), pointer, nopass :: write_box => null()
        type(c_ptr) :: user = c_null_ptr
    end type

contains

    !> A lazy array of `shape` (integers of 32 or 64 bits) whose values read_box delivers. Memory that `user` points at must live as long as the array.
    function ash_from_source(context, dtype, shape, read_box, user, name, dims, chunks, attributes, thread_safe, scratch_bytes) result(out)
        type(ash_context), intent(in) :: context
        integer, intent(in) :: dtype
        class(*), intent(in) :: shape(:)
        procedure(ash_read_box) :: read_box
        type(c_ptr), intent(in), optional :: user
        character(*), intent(in), optional :: name, dims, chunks, attributes
        logical, intent(in), optional :: thread_safe
        integer(int64), intent(in), optional :: scratch_bytes
        type(ash_array) :: out
        character(kind=c_char), allocatable, target :: name_text(:), dims_text(:), chunks_text(:), attributes_text(:)
        integer(c_int64_t), allocatable :: extents(:)
        type(source_reader), pointer :: reader
        type(c_source_options) :: options

        call c_extents(shape, extents)
        if (.not. allocated(extents)) then
            out%handle = failed(context%pointer, ASH_ERR_ARGUMENT, 'from_source: shape must be of integers of 32 or 64 bits')
            return
        end if
        options%size = c_sizeof(options)
        options%name = c_text(name_text, name)
        options%dims = c_text(dims_text, dims)
        options%chunks = c_text(chunks_text, chunks)
        options%attributes = c_text(attributes_text, attributes)
        if (present(thread_safe)) options%thread_safe = logical(thread_safe, c_bool)
        if (present(scratch_bytes)) options%scratch_bytes = scratch_bytes
        options%release = c_funloc(release_reader)
        allocate (reader)
        reader%read_box => read_box
        if (present(user)) reader%user = user
        out%handle = c_from_source(context%pointer, int(dtype, c_int), size(extents), extents, &
            c_funloc(call_reader), c_loc(reader), options)
        if (c_array_status(out%handle) /= ASH_SUCCESS) deallocate (reader)
    end function

    !> C's call: its order and bounds turned into Fortran's.
    function call_reader(data, ndim, start, extent, buffer, message, message_bytes) bind(C) result(status)
        type(c_ptr), value :: data, buffer
        integer(c_int32_t), value :: ndim
        integer(c_int64_t), intent(in) :: start(ndim), extent(ndim)
        integer(c_int64_t), value :: message_bytes
        character(kind=c_char), intent(inout) :: message(message_bytes)
        integer(c_int) :: status
        type(source_reader), pointer :: reader
        character(500) :: sentence

        call c_f_pointer(data, reader)
        sentence = ''
        status = int(reader%read_box(reader%user, start(ndim:1:-1) + 1, start(ndim:1:-1) + extent(ndim:1:-1), buffer, sentence), c_int)
        call put_sentence(sentence, message)
    end function

    !> Computes the array and gives it to write_box, one call a chunk, each element once.
    subroutine ash_store(a, write_box, user, status, chunks, thread_safe, scratch_bytes, options)
        type(ash_array), intent(in) :: a
        procedure(ash_write_box) :: write_box
        type(c_ptr), intent(in), optional :: user
        integer, intent(out), optional :: status
        character(*), intent(in), optional :: chunks
        logical, intent(in), optional :: thread_safe
        integer(int64), intent(in), optional :: scratch_bytes
        character(kind=c_char), allocatable, target :: chunks_text(:)
        type(sink_writer), target :: writer
        type(ash_run_options), intent(in), optional :: options
        type(held_options), target :: held
        type(c_store_options) :: how

        how%size = c_sizeof(how)
        how%chunks = c_text(chunks_text, chunks)
        if (present(thread_safe)) how%thread_safe = logical(thread_safe, c_bool)
        if (present(scratch_bytes)) how%scratch_bytes = scratch_bytes
        how%compute = run_options(held, options)
        writer%write_box => write_box
        if (present(user)) writer%user = user
        call report(c_store(a%handle, c_funloc(call_writer), c_loc(writer), how), status)
    end subroutine

    function call_writer(user, ndim, start, extent, data, message, message_bytes) bind(C) result(status)
        type(c_ptr), value :: user, data
        integer(c_int32_t), value :: ndim
        integer(c_int64_t), intent(in) :: start(ndim), extent(ndim)
        integer(c_int64_t), value :: message_bytes
        character(kind=c_char), intent(inout) :: message(message_bytes)
        integer(c_int) :: status
        type(sink_writer), pointer :: writer
        character(500) :: sentence

        call c_f_pointer(user, writer)
        sentence = ''
        status = int(writer%write_box(writer%user, start(ndim:1:-1) + 1, start(ndim:1:-1) + extent(ndim:1:-1), data, sentence), c_int)
        call put_sentence(sentence, message)
    end function

    subroutine put_sentence(sentence, message)
        character(*), intent(in) :: sentence
        character(kind=c_char), intent(inout) :: message(:)
        integer :: k, length

        length = min(len_trim(sentence), size(message) - 1)
        do k = 1, length
            message(k) = sentence(k:k)
        end do
        message(length + 1) = c_null_char
    end subroutine

    subroutine release_reader(data) bind(C)
        type(c_ptr), value :: data
        type(source_reader), pointer :: reader

        call c_f_pointer(data, reader)
        deallocate (reader)
    end subroutine
end module
