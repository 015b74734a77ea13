!> Arguments as the text that ash_apply takes: what the functions written from functions.table are made of.
module ashlar_params
    use, intrinsic :: iso_c_binding
    use, intrinsic :: iso_fortran_env, only: int8, int16, int32, int64, real32, real64
    use, intrinsic :: ieee_arithmetic, only: ieee_is_nan, ieee_is_finite
    use ashlar_c
    use ashlar_core
    use ashlar_options, only: c_extents
    implicit none
    private

    public :: apply_text, first_of, put_text, put_dim, put_axis, put_int, put_real, put_bool, put_dtype, put_number, put_ints, put_extents, &
        put_reals

contains

    !> The operation over the inputs, whose context is the first one's.
    function apply_text(op, inputs, params) result(out)
        character(*), intent(in) :: op, params
        type(ash_array), intent(in) :: inputs(:)
        type(ash_array) :: out
        character(kind=c_char), allocatable, target :: op_text(:), params_text(:)

        if (size(inputs) == 0) return ! no array, which is refused by a sentence wherever it is used
        out%handle = c_apply(inputs(1)%handle%context, c_text(op_text, op), size(inputs), inputs%handle, c_text(params_text, params))
    end function

    !> No array for an empty list.
    function first_of(arrays) result(out)
        type(ash_array), intent(in) :: arrays(:)
        type(ash_array) :: out

        if (size(arrays) > 0) out = arrays(1)
    end function

    subroutine put(params, name, value)
        character(:), allocatable, intent(inout) :: params
        character(*), intent(in) :: name, value

        if (len(params) > 0) params = params//'; '
        params = params//name//'='//value
    end subroutine

    !> Trailing blanks are left out.
    subroutine put_text(params, name, value)
        character(:), allocatable, intent(inout) :: params
        character(*), intent(in) :: name
        character(*), intent(in), optional :: value
        character(:), allocatable :: quoted
        integer :: k

        if (.not. present(value)) return
        quoted = "'"
        do k = 1, len_trim(value)
            if (value(k:k) == "'" .or. value(k:k) == achar(92)) quoted = quoted//achar(92)
            quoted = quoted//value(k:k)
        end do
        call put(params, name, quoted//"'")
    end subroutine

    !> Dimensions as text, or a dimension of `a` by Fortran's number.
    subroutine put_dim(params, name, a, value)
        character(:), allocatable, intent(inout) :: params
        character(*), intent(in) :: name
        type(ash_array), intent(in) :: a
        class(*), intent(in), optional :: value

        if (.not. present(value)) return
        select type (value)
        type is (character(*))
            call put_text(params, name, value)
        type is (integer(int32))
            call put_text(params, name, axis_text(a, int(value)))
        class default
            call put(params, name, "'neither text nor a default integer'")
        end select
    end subroutine

    !> A dimension of the result, from 1, the fastest first; absent the last.
    subroutine put_axis(params, value)
        character(:), allocatable, intent(inout) :: params
        integer, intent(in), optional :: value

        if (present(value)) call put(params, 'axis', decimal(merge(-int(value, int64), 1000_int64, value >= 1)))
    end subroutine

    subroutine put_int(params, name, value)
        character(:), allocatable, intent(inout) :: params
        character(*), intent(in) :: name
        integer, intent(in), optional :: value

        if (present(value)) call put(params, name, decimal(int(value, int64)))
    end subroutine

    subroutine put_real(params, name, value)
        character(:), allocatable, intent(inout) :: params
        character(*), intent(in) :: name
        real(real64), intent(in), optional :: value

        if (present(value)) call put(params, name, real_text(value))
    end subroutine

    subroutine put_bool(params, name, value)
        character(:), allocatable, intent(inout) :: params
        character(*), intent(in) :: name
        logical, intent(in), optional :: value

        if (present(value)) call put(params, name, bool_text(value))
    end subroutine

    subroutine put_dtype(params, name, value)
        character(:), allocatable, intent(inout) :: params
        character(*), intent(in) :: name
        integer, intent(in), optional :: value

        if (present(value)) call put_text(params, name, ash_dtype_name(value))
    end subroutine

    !> A number of any kind that arrays have.
    subroutine put_number(params, name, value)
        character(:), allocatable, intent(inout) :: params
        character(*), intent(in) :: name
        class(*), intent(in), optional :: value

        if (.not. present(value)) return
        select type (value)
        type is (integer(int8))
            call put(params, name, decimal(int(value, int64)))
        type is (integer(int16))
            call put(params, name, decimal(int(value, int64)))
        type is (integer(int32))
            call put(params, name, decimal(int(value, int64)))
        type is (integer(int64))
            call put(params, name, decimal(value))
        type is (real(real32))
            call put(params, name, real_text(real(value, real64)))
        type is (real(real64))
            call put(params, name, real_text(value))
        type is (complex(real32))
            call put(params, name, complex_text(cmplx(value, kind=real64)))
        type is (complex(real64))
            call put(params, name, complex_text(value))
        type is (logical)
            call put(params, name, bool_text(value))
        class default
            call put(params, name, "'no number of a kind that arrays have'")
        end select
    end subroutine

    !> Integers of 32 or 64 bits in their order.
    subroutine put_ints(params, name, value)
        character(:), allocatable, intent(inout) :: params
        character(*), intent(in) :: name
        class(*), intent(in) :: value(:)

        call put_list(params, name, value, .false.)
    end subroutine

    !> Extents of a Fortran shape.
    subroutine put_extents(params, name, value)
        character(:), allocatable, intent(inout) :: params
        character(*), intent(in) :: name
        class(*), intent(in) :: value(:)

        call put_list(params, name, value, .true.)
    end subroutine

    subroutine put_list(params, name, value, turned)
        character(:), allocatable, intent(inout) :: params
        character(*), intent(in) :: name
        class(*), intent(in) :: value(:)
        logical, intent(in) :: turned
        integer(c_int64_t), allocatable :: numbers(:)
        character(:), allocatable :: text
        integer :: k, length

        call c_extents(value, numbers)
        if (.not. allocated(numbers)) then
            call put(params, name, "'neither integers of 32 nor of 64 bits'")
            return
        end if
        if (.not. turned) numbers = numbers(size(numbers):1:-1)
        allocate (character(22*size(numbers)) :: text)
        length = 0
        do k = 1, size(numbers)
            call add_entry(text, length, decimal(numbers(k)))
        end do
        call put(params, name, '['//text(1:length)//']')
    end subroutine

    !> One more number in a list, in room that is there.
    subroutine add_entry(text, length, number)
        character(*), intent(inout) :: text
        integer, intent(inout) :: length
        character(*), intent(in) :: number

        if (length > 0) then
            text(length + 1:length + 1) = ','
            length = length + 1
        end if
        text(length + 1:length + len(number)) = number
        length = length + len(number)
    end subroutine

    subroutine put_reals(params, name, value)
        character(:), allocatable, intent(inout) :: params
        character(*), intent(in) :: name
        real(real64), intent(in) :: value(:)
        character(:), allocatable :: text
        integer :: k, length

        allocate (character(26*size(value)) :: text)
        length = 0
        do k = 1, size(value)
            call add_entry(text, length, real_text(value(k)))
        end do
        call put(params, name, '['//text(1:length)//']')
    end subroutine

    function bool_text(value) result(text)
        logical, intent(in) :: value
        character(:), allocatable :: text

        text = trim(merge('true ', 'false', value))
    end function

    !> With as many digits as tell it from all others.
    function real_text(value) result(text)
        real(real64), intent(in) :: value
        character(:), allocatable :: text
        character(32) :: digits

        if (ieee_is_nan(value)) then
            text = 'nan'
        else if (.not. ieee_is_finite(value)) then
            text = trim(merge('inf ', '-inf', value > 0))
        else
            write (digits, '(es25.16e3)') value
            text = trim(adjustl(digits))
        end if
    end function

    function complex_text(value) result(text)
        complex(real64), intent(in) :: value
        character(:), allocatable :: text, imaginary

        imaginary = real_text(aimag(value))
        if (imaginary(1:1) /= '-') imaginary = '+'//imaginary
        text = real_text(real(value, real64))//imaginary//'j'
    end function
end module
