! The smallest whole program: two arrays over the program's memory, one expression that mixes them with numbers, one result.
program first_fortran
    use, intrinsic :: iso_fortran_env, only: real64, error_unit
    use ashlar
    implicit none
    type(ash_context) :: ctx
    type(ash_array) :: a, b
    real(real64), target :: x(4, 3), y(4, 3)
    real(real64) :: total
    integer :: status

    x = 2
    y = 3
    ctx = ash_context_new()
    a = ash_from_buffer(ctx, x)
    b = ash_from_buffer(ctx, y)
    call ash_compute(sum(a*b - 0.5_real64), total, status)
    if (status == ASH_SUCCESS) then
        print '(i0)', nint(total)
    else
        write (error_unit, '(a)') ash_error(ctx)
    end if
    call ash_context_free(ctx)
    if (status /= ASH_SUCCESS) stop 1, quiet=.true.
end program
