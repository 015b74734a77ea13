! A function of your own over chunks with halos, its result kept on scratch, and a future that reads it: a noisy wave, smoothed. Prints how much of the noise is left.
module smoothing
    use, intrinsic :: iso_c_binding, only: c_ptr, c_f_pointer
    use, intrinsic :: iso_fortran_env, only: int64, real64
    use ashlar
    implicit none

contains

    !> The mean over a window of 2*n + 1 elements; `user` is what it was registered with. Blocks have their halo around them: x(1 - n:) to x(:extent + n).
    integer function window_mean(call, user, message) result(status)
        type(ash_call), intent(in) :: call
        type(c_ptr), intent(in) :: user
        character(*), intent(inout) :: message
        real(real64), pointer :: x(:), out(:)
        integer, pointer :: n
        integer(int64) :: i

        call c_f_pointer(user, n)
        call ash_view(call%input(1), x)
        call ash_view(call%output(1), out)
        do i = 1, size(out, kind=int64)
            out(i) = sum(x(i - n:i + n))/(2*n + 1)
        end do
        status = ASH_SUCCESS
        if (any(out /= out)) then ! what is said here is part of the error
            message = 'the wave has holes'
            status = ASH_ERR_ARGUMENT
        end if
    end function
end module

program smooth
    use, intrinsic :: iso_c_binding, only: c_loc
    use, intrinsic :: iso_fortran_env, only: real64, error_unit
    use ashlar
    use smoothing
    implicit none
    integer, parameter :: STEPS = 1000000
    integer, target :: half = 50
    type(ash_context) :: ctx
    type(ash_array) :: time, wave, noisy, smoothed
    type(ash_future) :: before, after
    real(real64), target :: noise(STEPS)
    real(real64) :: left(2)
    integer :: status(3)

    ctx = ash_context_new()
    call ash_register(ctx, 'window_mean', window_mean, c_loc(half), status(1), pure=.true.)
    call random_number(noise)
    time = ash_arange(ctx, 0, STEPS, dims='time', chunks='50000')
    wave = sin(time*1e-5_real64)
    noisy = wave + ash_from_buffer(ctx, noise, dims='time') - 0.5_real64
    smoothed = ash_map_overlap(ctx, 'window_mean', [noisy], 'time=50', ASH_FLOAT64, boundary='reflect')
    smoothed = ash_persist(smoothed, 'scratch') ! computed once, used as often as one likes

    before = ash_submit(std(noisy - wave)) ! both run in the background
    after = ash_submit(std(smoothed - wave))
    call ash_future_result(before, left(1), status(2))
    call ash_future_result(after, left(2), status(3))
    if (all(status == ASH_SUCCESS)) then
        print '(a,f5.3,a,f5.3)', 'noise before: ', left(1), ', after: ', left(2)
    else
        write (error_unit, '(a)') ash_error(ctx)
    end if
    call ash_context_free(ctx)
    if (any(status /= ASH_SUCCESS)) stop 1, quiet=.true.
end program
