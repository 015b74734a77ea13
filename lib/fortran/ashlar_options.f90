!> Options of one run, and lists of extents.
module ashlar_options
    use, intrinsic :: iso_c_binding
    use, intrinsic :: iso_fortran_env, only: int32, int64
    use ashlar_c
    use ashlar_c_runs
    use ashlar_core
    implicit none
    private

    !> What is not set is the context's, see ash_compute_options in compute.h.
    type, public :: ash_run_options
        integer :: threads = 0
        integer(int64) :: memory_limit = 0
        character(:), allocatable :: executor, trace, report, passes
        integer(int64) :: piece_bytes = 0
    end type

    !> C's options and the texts that they point at; it must be a target that outlives the call.
    type, public :: held_options
        type(c_compute_options) :: options
        character(kind=c_char), allocatable :: executor(:), trace(:), report(:), passes(:)
    end type

    !> The same of a write.
    type, public :: held_write_options
        type(c_write_options) :: options
        type(held_options) :: run
        character(kind=c_char), allocatable :: history(:), attributes(:), unlimited(:), format(:), chunks(:), encoding(:)
    end type

    public :: run_options, write_options, c_extents

contains

    !> The options for C; NULL for none.
    function run_options(held, options) result(pointer)
        type(held_options), target, intent(inout) :: held
        type(ash_run_options), intent(in), optional :: options
        type(c_ptr) :: pointer

        pointer = c_null_ptr
        if (.not. present(options)) return
        held%options%size = c_sizeof(held%options)
        held%options%num_threads = int(options%threads, c_int32_t)
        held%options%memory_limit = options%memory_limit
        held%options%executor = c_text(held%executor, options%executor)
        held%options%trace = c_text(held%trace, options%trace)
        held%options%report = c_text(held%report, options%report)
        held%options%passes = c_text(held%passes, options%passes)
        held%options%piece_bytes = options%piece_bytes
        pointer = c_loc(held%options)
    end function

    !> Sets held%options: what is absent is C's default.
    subroutine write_options(held, deflate, shuffle, history, attributes, unlimited, format, chunks, encoding, zstd, fletcher32, resume, &
            options)
        type(held_write_options), target, intent(inout) :: held
        integer, intent(in), optional :: deflate, zstd
        logical, intent(in), optional :: shuffle, fletcher32, resume
        character(*), intent(in), optional :: history, attributes, unlimited, format, chunks, encoding
        type(ash_run_options), intent(in), optional :: options

        held%options%size = c_sizeof(held%options)
        held%options%compute = run_options(held%run, options)
        if (present(deflate)) held%options%deflate = int(deflate, c_int32_t)
        if (present(zstd)) held%options%zstd = int(zstd, c_int32_t)
        if (present(shuffle)) held%options%shuffle = logical(shuffle, c_bool)
        if (present(fletcher32)) held%options%fletcher32 = logical(fletcher32, c_bool)
        if (present(resume)) held%options%resume = logical(resume, c_bool)
        held%options%history = c_text(held%history, history)
        held%options%attributes = c_text(held%attributes, attributes)
        held%options%unlimited = c_text(held%unlimited, unlimited)
        held%options%format = c_text(held%format, format)
        held%options%chunks = c_text(held%chunks, chunks)
        held%options%encoding = c_text(held%encoding, encoding)
    end subroutine

    !> Extents of a Fortran shape in C's order; not allocated for numbers that are no integers of 32 or 64 bits.
    subroutine c_extents(shape, extents)
        class(*), intent(in) :: shape(:)
        integer(c_int64_t), allocatable, intent(out) :: extents(:)

        select type (shape)
        type is (integer(int32))
            extents = int(shape(size(shape):1:-1), c_int64_t)
        type is (integer(int64))
            extents = shape(size(shape):1:-1)
        end select
    end subroutine
end module
