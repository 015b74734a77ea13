!> Contexts, arrays, what is asked of them, and the helpers of the other modules.
module ashlar_core
    use, intrinsic :: iso_c_binding
    use, intrinsic :: iso_fortran_env, only: int8, int16, int32, int64, real32, real64
    use ashlar_c
    use ashlar_c_runs, only: c_progress_bar
    implicit none
    private

    !> Status codes, as in context.h; ASH_SUCCESS is its ASH_OK, because Fortran does not tell it from ash_ok.
    integer, parameter, public :: ASH_SUCCESS = 0, ASH_ERR_ARGUMENT = 1, ASH_ERR_DTYPE = 2, ASH_ERR_SHAPE = 3, &
        ASH_ERR_DIMENSION = 4, ASH_ERR_INDEX = 5, ASH_ERR_HANDLE = 6, ASH_ERR_NOT_FOUND = 7, ASH_ERR_FORMAT = 8, &
        ASH_ERR_UNSUPPORTED = 9, ASH_ERR_IO = 10, ASH_ERR_MEMORY = 11, ASH_ERR_LIMIT = 12, ASH_ERR_CANCELLED = 13, &
        ASH_ERR_INTERNAL = 14, ASH_ERR_INTERRUPTED = 15
    !> Dtypes, as in array.h.
    integer, parameter, public :: ASH_BOOL = 0, ASH_INT8 = 1, ASH_INT16 = 2, ASH_INT32 = 3, ASH_INT64 = 4, ASH_UINT8 = 5, &
        ASH_UINT16 = 6, ASH_UINT32 = 7, ASH_UINT64 = 8, ASH_FLOAT32 = 9, ASH_FLOAT64 = 10, ASH_COMPLEX64 = 11, ASH_COMPLEX128 = 12

    !> Owns everything made from it. Free it with ash_context_free.
    type, public :: ash_context
        type(c_ptr) :: pointer = c_null_ptr
    end type

    !> A handle: copy it freely, nobody frees it.
    type, public :: ash_array
        type(c_array) :: handle
    end type

    public :: ash_context_new, ash_context_free, ash_error, ash_error_status, ash_error_clear, ash_status_text
    public :: ash_scope_begin, ash_scope_end
    public :: ash_ok, ash_array_status, ash_array_dtype, ash_dtype_name, ash_ndim, ash_shape, ash_dim_name, ash_attr, ash_number
    public :: c_text, f_text, context_of, handle_of, failed, axis_text, report, decimal, shape_text

    interface ash_ok
        procedure :: context_ok, array_ok
    end interface

contains

    !> A new context; ash_ok() says whether there is one. memory_limit is in bytes; progress shows a bar on standard error; what is left out is taken from
    !! the environment.
    function ash_context_new(threads, memory_limit, isa, executor, trace, report, scratch, read_retries, progress) result(context)
        integer, intent(in), optional :: threads, read_retries
        integer(int64), intent(in), optional :: memory_limit
        character(*), intent(in), optional :: isa, executor, trace, report, scratch
        logical, intent(in), optional :: progress
        type(ash_context) :: context
        character(kind=c_char), allocatable, target :: isa_text(:), executor_text(:), trace_text(:), report_text(:), scratch_text(:)
        type(c_context_options) :: options

        options%size = c_sizeof(options)
        if (present(threads)) options%num_threads = int(threads, c_int32_t)
        if (present(memory_limit)) options%memory_limit = memory_limit
        options%isa = c_text(isa_text, isa)
        options%executor = c_text(executor_text, executor)
        options%trace = c_text(trace_text, trace)
        options%report = c_text(report_text, report)
        options%scratch = c_text(scratch_text, scratch)
        if (present(read_retries)) options%read_retries = int(read_retries, c_int32_t)
        if (present(progress)) then
            if (progress) options%progress = c_funloc(c_progress_bar)
        end if
        context%pointer = c_context_new(options)
    end function

    !> Frees the context and every array made from it.
    subroutine ash_context_free(context)
        type(ash_context), intent(inout) :: context

        call c_context_free(context%pointer)
        context%pointer = c_null_ptr
    end subroutine

    !> Whether the context was made; if not, ash_error(context) says why.
    logical function context_ok(context)
        type(ash_context), intent(in) :: context

        context_ok = c_associated(context%pointer)
    end function

    !> Whether the array is usable; if not, ash_error() of its context says why.
    logical function array_ok(a)
        type(ash_array), intent(in) :: a

        array_ok = logical(c_ok(a%handle))
    end function

    !> The sentence of the last error, '' if there was none.
    function ash_error(context) result(text)
        type(ash_context), intent(in) :: context
        character(:), allocatable :: text

        text = f_text(c_error(context%pointer))
    end function

    integer function ash_error_status(context)
        type(ash_context), intent(in) :: context

        ash_error_status = int(c_error_status(context%pointer))
    end function

    subroutine ash_error_clear(context)
        type(ash_context), intent(in) :: context

        call c_error_clear(context%pointer)
    end subroutine

    function ash_status_text(status) result(text)
        integer, intent(in) :: status
        character(:), allocatable :: text

        text = f_text(c_status_text(int(status, c_int)))
    end function

    !> Arrays made until ash_scope_end are freed there, but for those in keep.
    subroutine ash_scope_begin(context, status)
        type(ash_context), intent(in) :: context
        integer, intent(out), optional :: status

        call report(c_scope_begin(context%pointer), status)
    end subroutine

    subroutine ash_scope_end(context, keep, status)
        type(ash_context), intent(in) :: context
        type(ash_array), intent(in), optional :: keep(:)
        integer, intent(out), optional :: status
        type(c_array) :: none(1)

        if (present(keep)) then
            call report(c_scope_end(context%pointer, keep%handle, size(keep)), status)
        else
            call report(c_scope_end(context%pointer, none, 0), status)
        end if
    end subroutine

    integer function ash_array_status(a)
        type(ash_array), intent(in) :: a

        ash_array_status = int(c_array_status(a%handle))
    end function

    integer function ash_array_dtype(a)
        type(ash_array), intent(in) :: a

        ash_array_dtype = int(c_array_dtype(a%handle))
    end function

    function ash_dtype_name(dtype) result(text)
        integer, intent(in) :: dtype
        character(:), allocatable :: text

        text = f_text(c_dtype_name(int(dtype, c_int)))
    end function

    !> Number of dimensions; -1 for a failed array.
    integer function ash_ndim(a)
        type(ash_array), intent(in) :: a

        ash_ndim = int(c_ndim(a%handle))
    end function

    !> The extents in Fortran's order, first index fastest; of no elements for a failed array.
    function ash_shape(a) result(extents)
        type(ash_array), intent(in) :: a
        integer(int64), allocatable :: extents(:)
        integer :: d, ndim

        ndim = max(ash_ndim(a), 0)
        allocate (extents(ndim))
        do d = 1, ndim
            extents(d) = c_extent(a%handle, int(ndim - d, c_int))
        end do
    end function

    !> The name of dimension `dim` (1 is the fastest); '' for an anonymous or absent one.
    function ash_dim_name(a, dim) result(text)
        type(ash_array), intent(in) :: a
        integer, intent(in) :: dim
        character(:), allocatable :: text

        text = ''
        if (dim >= 1) text = f_text(c_dim_name(a%handle, int(-dim, c_int)))
    end function

    !> The text of an attribute; '' if there is none.
    function ash_attr(a, name) result(text)
        type(ash_array), intent(in) :: a
        character(*), intent(in) :: name
        character(:), allocatable :: text
        character(kind=c_char), allocatable, target :: name_text(:)

        text = f_text(c_attr(a%handle, c_text(name_text, name)))
    end function

    !> A weak scalar: of a number only the kind takes part in promotion.
    function ash_number(context, value) result(out)
        type(ash_context), intent(in) :: context
        class(*), intent(in) :: value
        type(ash_array) :: out

        out%handle = handle_of(context%pointer, value)
    end function

    ! ---- Helpers of the other modules ----

    !> Text as C wants it, held by the caller's `buffer`; no text is NULL. Trailing blanks are left out.
    function c_text(buffer, text) result(pointer)
        character(kind=c_char), allocatable, target, intent(inout) :: buffer(:)
        character(*), intent(in), optional :: text
        type(c_ptr) :: pointer
        integer :: k

        pointer = c_null_ptr
        if (.not. present(text)) return
        if (allocated(buffer)) deallocate (buffer)
        allocate (buffer(len_trim(text) + 1))
        do k = 1, len_trim(text)
            buffer(k) = text(k:k)
        end do
        buffer(size(buffer)) = c_null_char
        pointer = c_loc(buffer)
    end function

    !> A copy of C's text; '' for NULL.
    function f_text(pointer) result(text)
        type(c_ptr), intent(in) :: pointer
        character(:), allocatable :: text
        character(kind=c_char), pointer :: letter(:)
        integer :: k, length

        length = 0
        if (c_associated(pointer)) length = int(c_strlen(pointer))
        allocate (character(length) :: text)
        if (length == 0) return
        call c_f_pointer(pointer, letter, [length])
        do k = 1, length
            text(k:k) = letter(k)
        end do
    end function

    !> The context of the first array among the arguments; NULL if all are numbers.
    function context_of(a, b, c) result(context)
        class(*), intent(in) :: a
        class(*), intent(in), optional :: b, c
        type(c_ptr) :: context

        context = context_of_one(a)
        if (.not. c_associated(context) .and. present(b)) context = context_of_one(b)
        if (.not. c_associated(context) .and. present(c)) context = context_of_one(c)
    end function

    function context_of_one(a) result(context)
        class(*), intent(in) :: a
        type(c_ptr) :: context

        context = c_null_ptr
        select type (a)
        type is (ash_array)
            context = a%handle%context
        end select
    end function

    !> The array, or a number as a weak scalar of the context.
    function handle_of(context, a) result(handle)
        type(c_ptr), intent(in) :: context
        class(*), intent(in) :: a
        type(c_array) :: handle

        select type (a)
        type is (ash_array)
            handle = a%handle
        type is (integer(int8))
            handle = c_number_int(context, int(a, c_int64_t))
        type is (integer(int16))
            handle = c_number_int(context, int(a, c_int64_t))
        type is (integer(int32))
            handle = c_number_int(context, int(a, c_int64_t))
        type is (integer(int64))
            handle = c_number_int(context, a)
        type is (real(real32))
            handle = c_number_real(context, real(a, c_double))
        type is (real(real64))
            handle = c_number_real(context, a)
        type is (complex(real32))
            handle = c_number_complex(context, real(a, c_double), real(aimag(a), c_double))
        type is (complex(real64))
            handle = c_number_complex(context, real(a, c_double), aimag(a))
        type is (logical(c_bool))
            handle = c_number_bool(context, a)
        type is (logical)
            handle = c_number_bool(context, logical(a, c_bool))
        class default
            handle = failed(context, ASH_ERR_ARGUMENT, 'an argument is neither an array nor a number of a kind that arrays have')
        end select
    end function

    !> An array that carries an error, whose sentence becomes the context's.
    function failed(context, status, sentence) result(handle)
        type(c_ptr), intent(in) :: context
        integer, intent(in) :: status
        character(*), intent(in) :: sentence
        type(c_array) :: handle
        character(kind=c_char), allocatable, target :: buffer(:)

        handle = c_failed(context, int(status, c_int), c_text(buffer, sentence))
    end function

    !> Fortran's dimension number as the position that the library's texts use: 1, the fastest, is "-1". What is no dimension of a is refused there, with its number.
    function axis_text(a, dim) result(text)
        type(ash_array), intent(in) :: a
        integer, intent(in) :: dim
        character(:), allocatable :: text

        if (dim >= 1 .and. dim <= ash_ndim(a)) then
            text = '-'//decimal(int(dim, int64))
        else
            text = 'dim='//decimal(int(dim, int64))
        end if
    end function

    function decimal(number) result(text)
        integer(int64), intent(in) :: number
        character(:), allocatable :: text
        character(24) :: digits

        write (digits, '(i0)') number
        text = trim(digits)
    end function

    !> "(3,4)".
    function shape_text(extents) result(text)
        integer(int64), intent(in) :: extents(:)
        character(:), allocatable :: text
        integer :: d

        text = '('
        do d = 1, size(extents)
            if (d > 1) text = text//','
            text = text//decimal(extents(d))
        end do
        text = text//')'
    end function

    subroutine report(code, status)
        integer(c_int), intent(in) :: code
        integer, intent(out), optional :: status

        if (present(status)) status = int(code)
    end subroutine
end module
