! Functions of the program's own: bounds of blocks, halos, repeated inputs, arguments, several outputs, delayed steps, errors.
module custom_functions
    use, intrinsic :: iso_c_binding, only: c_ptr, c_f_pointer, c_associated
    use, intrinsic :: iso_fortran_env, only: int32, int64, real32, real64
    use ashlar
    implicit none

    type :: book
        integer :: calls = 0, wrong = 0
    end type

contains

    !> out = argument(1)*a + b, where b may be repeated along the second dimension. Notes blocks that are not as they should be.
    integer function scaled(call, user, message) result(status)
        type(ash_call), intent(in) :: call
        type(c_ptr), intent(in) :: user
        character(*), intent(inout) :: message
        real(real64), pointer :: a(:, :), b(:, :), out(:, :)
        real(real32), pointer :: other(:, :)
        type(book), pointer :: notes
        integer(int64) :: j

        call c_f_pointer(user, notes)
        call ash_view(call%input(1), a)
        call ash_view(call%input(2), b)
        call ash_view(call%output(1), out)
        call ash_view(call%input(1), other)
        notes%calls = notes%calls + 1
        if (associated(other) .or. any(lbound(a) /= 1) .or. any(ubound(a) /= call%output(1)%extent(1:2))) notes%wrong = notes%wrong + 1
        if (any(call%output(1)%whole(1:2) /= [6, 5]) .or. call%rank /= 2) notes%wrong = notes%wrong + 1
        if (nint(a(1, 1)) /= 100*call%input(1)%first(1) + call%input(1)%first(2)) notes%wrong = notes%wrong + 1
        if (any(call%chunk(1:2) /= (call%input(1)%first(1:2) - 1)/[4, 2] + 1)) notes%wrong = notes%wrong + 1
        do j = 1, call%output(1)%extent(2)
            out(:, j) = call%argument(1)*a(:, j) + b(:, min(j, ubound(b, 2, int64)))
        end do
        if (len(message) < 100) notes%wrong = notes%wrong + 1
        status = ASH_SUCCESS
    end function

    !> The sum of the neighbours to both sides of the first dimension, and how many elements the call sees.
    integer function neighbours(call, user, message) result(status)
        type(ash_call), intent(in) :: call
        type(c_ptr), intent(in) :: user
        character(*), intent(inout) :: message
        real(real64), pointer :: x(:, :), around(:, :)
        integer(int32), pointer :: seen(:, :)
        integer(int64) :: i

        call ash_view(call%input(1), x)
        call ash_view(call%output(1), around)
        call ash_view(call%output(2), seen)
        do i = 1, call%output(1)%extent(1)
            around(i, :) = x(i - 1, 1:call%output(1)%extent(2)) + x(i + 1, 1:call%output(1)%extent(2))
        end do
        seen = size(x)
        status = ASH_SUCCESS
        if (c_associated(user) .or. c_associated(call%scratch) .neqv. .true.) then
            message = 'user data that nobody gave, or no scratch memory'
            status = ASH_ERR_INTERNAL
        end if
    end function

    !> The sum of all inputs, each a number, plus one.
    integer function total(call, user, message) result(status)
        type(ash_call), intent(in) :: call
        type(c_ptr), intent(in) :: user
        character(*), intent(inout) :: message
        integer(int64), pointer :: x, out
        integer :: k

        call ash_view(call%output(1), out)
        out = merge(1, 0, .not. c_associated(user))
        do k = 1, size(call%input)
            call ash_view(call%input(k), x)
            if (.not. associated(x)) then
                write (message, '(a,i0,2a)') 'input ', k, ' is ', ash_dtype_name(call%input(k)%dtype)
                status = ASH_ERR_DTYPE
                return
            end if
            out = out + x
        end do
        status = ASH_SUCCESS
    end function
end module

program custom
    use, intrinsic :: iso_c_binding, only: c_loc
    use, intrinsic :: iso_fortran_env, only: int32, int64, real64
    use ashlar
    use checking
    use custom_functions
    implicit none
    type(ash_context) :: ctx
    type(ash_array) :: a, b, out(2)
    type(book), target :: notes
    real(real64), target :: x(6, 5), row(6)
    real(real64) :: y(6, 5)
    integer(int32) :: seen(6, 5)
    integer :: i, j, status

    x = reshape([((real(100*i + j, real64), i=1, 6), j=1, 5)], [6, 5])
    row = [(real(i*i, real64), i=1, 6)]
    ctx = ash_context_new(threads=2)
    call ash_register(ctx, 'scaled', scaled, c_loc(notes), status, exclusive=.true.)
    call check('register', status == ASH_SUCCESS)
    call ash_register(ctx, 'neighbours', neighbours, status=status, pure=.true., scratch_bytes=100_int64)
    call ash_register(ctx, 'total', total)
    call ash_register(ctx, 'total', total, status=status)
    call check('a name that is taken', status /= ASH_SUCCESS .and. index(ash_error(ctx), 'total') > 0)

    a = ash_from_buffer(ctx, x, dims='y,x', chunks='2,4')
    b = ash_from_buffer(ctx, row, dims='x')
    out(1) = ash_map_blocks(ctx, 'scaled', [a, b], ASH_FLOAT64, argument=[3.0_real64])
    call ash_compute(out(1), y, status)
    call check('map_blocks: '//ash_error(ctx), status == ASH_SUCCESS)
    call check('values', all(y == 3*x + spread(row, 2, 5)))
    call check('a call a chunk', notes%calls == 6 .and. notes%wrong == 0)
    call check('names', ash_dim_name(out(1), 1) == 'x')

    call ash_map_overlap_many(ctx, 'neighbours', [a], 'x=1', [ASH_FLOAT64, ASH_INT32], out, boundary='x=periodic')
    call ash_compute(out(1), y, status)
    call check('map_overlap: '//ash_error(ctx), status == ASH_SUCCESS .and. all(y == cshift(x, 1, 1) + cshift(x, -1, 1)))
    call ash_compute(out(2), seen, status)
    call check('halos', status == ASH_SUCCESS .and. all(seen(:, 5) == [6, 6, 6, 6, 4, 4]) .and. all(seen(1:4, 1) == 12))
    call ash_map_blocks_many(ctx, 'neighbours', [a], [ASH_FLOAT64, ASH_INT32], out, dims=['y,x'])
    call check('as many dims as outputs', .not. ash_ok(out(2)) .and. index(ash_error(ctx), 'one entry for each output') > 0)
    out(1) = ash_map_overlap(ctx, 'nobody', [a], 'x=1', ASH_FLOAT64)
    call check('an unknown function', .not. ash_ok(out(1)) .and. index(ash_error(ctx), 'nobody') > 0)

    call steps()
    call ash_context_free(ctx)
    call finish()

contains

    !> Two calls, their sum, and the result as an array like any other.
    subroutine steps()
        type(ash_array) :: one, five
        integer(int64) :: value

        one = ash_delayed(ctx, 'total', [ash_array ::], ASH_INT64, [integer ::])
        five = ash_delayed(ctx, 'total', [one, one, ash_cast(ash_arange(ctx, 2, 3), ASH_INT64)], ASH_INT64, [integer ::])
        call ash_compute(five, value, status)
        call check('an input of another rank', status == ASH_ERR_DTYPE .and. index(ash_error(ctx), 'input 3 is int64') > 0)
        five = ash_delayed(ctx, 'total', [one, one, ash_number(ctx, 2)], ASH_INT64, [integer ::])
        call ash_compute(five*2, value, status)
        call check('delayed: '//ash_error(ctx), status == ASH_SUCCESS .and. value == 10)
        call check('a shape of reals', .not. ash_ok(ash_delayed(ctx, 'total', [one], ASH_INT64, [1.0])))
    end subroutine
end program
