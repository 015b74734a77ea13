! Arrays whose values come from a Fortran procedure: order and bounds, user data, errors.
module sources_readers
    use, intrinsic :: iso_c_binding, only: c_ptr, c_f_pointer, c_associated
    use, intrinsic :: iso_fortran_env, only: int32, int64, real64
    use ashlar
    implicit none

    integer, parameter :: COLUMNS = 6, ROWS = 5

    type :: book
        integer :: calls = 0
        logical :: broken = .false.
        integer(int64) :: largest(2) = 0
    end type

contains

    !> x(i, j) = 100*i + j.
    integer function read_table(user, lower, upper, buffer, message) result(status)
        type(c_ptr), intent(in) :: user
        integer(int64), intent(in) :: lower(:), upper(:)
        type(c_ptr), intent(in) :: buffer
        character(*), intent(inout) :: message
        type(book), pointer :: notes
        real(real64), pointer :: x(:, :)
        integer(int64) :: i, j

        call c_f_pointer(user, notes)
        notes%calls = notes%calls + 1
        notes%largest = max(notes%largest, upper - lower + 1)
        call c_f_pointer(buffer, x, upper - lower + 1)
        do j = lower(2), upper(2)
            do i = lower(1), upper(1)
                x(i - lower(1) + 1, j - lower(2) + 1) = real(100*i + j, real64)
            end do
        end do
        status = ASH_SUCCESS
        if (notes%broken) then
            message = 'the reader is broken'
            status = ASH_ERR_NOT_FOUND
        end if
    end function

    integer function read_sevens(user, lower, upper, buffer, message) result(status)
        type(c_ptr), intent(in) :: user
        integer(int64), intent(in) :: lower(:), upper(:)
        type(c_ptr), intent(in) :: buffer
        character(*), intent(inout) :: message
        integer(int32), pointer :: x(:)

        call c_f_pointer(buffer, x, [product(upper - lower + 1)])
        x = 7
        status = ASH_SUCCESS
        if (c_associated(user)) then
            message = 'user data that nobody gave'
            status = ASH_ERR_INTERNAL
        end if
    end function

    integer function keep_table(user, lower, upper, data, message) result(status)
        type(c_ptr), intent(in) :: user
        integer(int64), intent(in) :: lower(:), upper(:)
        type(c_ptr), intent(in) :: data
        character(*), intent(inout) :: message
        real(real64), pointer :: table(:, :), x(:, :)

        call c_f_pointer(user, table, [COLUMNS, ROWS])
        call c_f_pointer(data, x, upper - lower + 1)
        table(lower(1):upper(1), lower(2):upper(2)) = table(lower(1):upper(1), lower(2):upper(2)) + x
        status = ASH_SUCCESS
        if (any(x < 0)) then
            message = 'below zero'
            status = ASH_ERR_ARGUMENT
        end if
    end function
end module

program sources
    use, intrinsic :: iso_c_binding, only: c_loc
    use, intrinsic :: iso_fortran_env, only: int32, int64, real64
    use ashlar
    use checking
    use sources_readers
    implicit none
    type(ash_context) :: ctx
    type(ash_array) :: a
    type(book), target :: notes
    real(real64) :: x(COLUMNS, ROWS), total
    real(real64), target :: kept(COLUMNS, ROWS)
    integer(int32) :: sevens
    integer :: i, j, status

    ctx = ash_context_new(threads=2, memory_limit=1000000000_int64)
    a = ash_from_source(ctx, ASH_FLOAT64, [COLUMNS, ROWS], read_table, c_loc(notes), name='table', dims='y,x', chunks='2,3', &
        attributes='units=K')
    call check('a source', ash_ok(a))
    call check('names', ash_dim_name(a, 1) == 'x' .and. ash_dim_name(a, 2) == 'y' .and. ash_attr(a, 'units') == 'K')
    call ash_compute(a, x, status)
    call check('values', status == ASH_SUCCESS .and. all(x == reshape([((real(100*i + j, real64), i=1, COLUMNS), j=1, ROWS)], [COLUMNS, ROWS])))
    call check('chunks', notes%calls == 6 .and. all(notes%largest == [3, 2]))
    call ash_compute(sum(ash_index(a, 'y=::2, x=1::3')), total, status)
    call check('steps', status == ASH_SUCCESS .and. total == sum(x(2::3, ::2)))

    kept = 0
    call ash_store(a*2, keep_table, c_loc(kept), status, chunks='-1,5')
    call check('a sink', status == ASH_SUCCESS .and. all(kept == 2*x))
    call ash_store(a - 300, keep_table, c_loc(kept), status)
    call check('a sink that refuses', status == ASH_ERR_ARGUMENT .and. index(ash_error(ctx), 'below zero') > 0)

    notes%broken = .true.
    call ash_compute(sum(a), total, status)
    call check('an error', status == ASH_ERR_NOT_FOUND .and. index(ash_error(ctx), 'the reader is broken') > 0)

    call ash_compute(sum(ash_from_source(ctx, ASH_INT32, [10_int64, 20_int64, 30_int64], read_sevens, thread_safe=.true., &
        scratch_bytes=1000_int64) - 7, keepdims=.false.), total, status)
    call check('a dtype that does not fit the buffer', status == ASH_ERR_DTYPE)
    call ash_compute(maxval(ash_from_source(ctx, ASH_INT32, [10_int64, 20_int64, 30_int64], read_sevens, thread_safe=.true.)), sevens, status)
    call check('without user data', status == ASH_SUCCESS .and. sevens == 7)

    call check('a bad shape', .not. ash_ok(ash_from_source(ctx, ASH_INT32, [1.0, 2.0], read_sevens)))
    call check('bad chunks', .not. ash_ok(ash_from_source(ctx, ASH_INT32, [3, 4], read_sevens, chunks='x')))
    call ash_context_free(ctx)
    call finish()
end program
