!> Futures: computing in the background, while the program goes on.
module ashlar_futures
    use, intrinsic :: iso_c_binding
    use, intrinsic :: iso_fortran_env, only: int64, real64
    use ashlar_c
    use ashlar_c_runs
    use ashlar_core
    use ashlar_options
    use ashlar_arrays, only: fits
    implicit none
    private

    !> What is being computed, or was. Valid until it is released or the context is freed; copies of it are the same future.
    type, public :: ash_future
        type(c_ptr) :: pointer = c_null_ptr
        type(c_ptr) :: context = c_null_ptr
        integer :: dtype = -1, rank = 0
        integer(int64) :: extents(16) = 0
    end type

    !> States, as in future.h.
    integer, parameter, public :: ASH_FUTURE_PENDING = 0, ASH_FUTURE_RUNNING = 1, ASH_FUTURE_FINISHED = 2, &
        ASH_FUTURE_FAILED = 3, ASH_FUTURE_CANCELLED = 4

    public :: ash_submit, ash_future_array, ash_future_status, ash_future_wait, ash_future_wait_any, ash_future_error
    public :: ash_future_cancel, ash_future_run, ash_future_release
    public :: result_into

contains

    !> Computes an array in the background.
    function ash_submit(a, options) result(future)
        type(ash_array), intent(in) :: a
        type(ash_run_options), intent(in), optional :: options
        type(ash_future) :: future
        type(held_options), target :: held
        integer(int64), allocatable :: extents(:)

        future%context = a%handle%context
        future%pointer = c_submit(a%handle, run_options(held, options))
        if (c_array_status(a%handle) /= ASH_SUCCESS) return
        extents = ash_shape(a)
        future%dtype = ash_array_dtype(a)
        future%rank = size(extents)
        future%extents(1:size(extents)) = extents
    end function

    !> The value as an array. Lazy: it may be an input of another ash_submit before it is there.
    function ash_future_array(future) result(out)
        type(ash_future), intent(in) :: future
        type(ash_array) :: out

        out%handle = c_future_array(future%pointer)
    end function

    !> What ash_future_result does for every kind: waits, and copies the value.
    subroutine result_into(future, dtype, extents, contiguous, data, status)
        type(ash_future), intent(in) :: future
        integer, intent(in) :: dtype
        integer(int64), intent(in) :: extents(:)
        logical, intent(in) :: contiguous
        type(c_ptr), intent(in) :: data
        integer, intent(out), optional :: status

        if (future%dtype < 0 .or. ash_future_wait(future) > ASH_FUTURE_FINISHED) then ! it has failed, or is none: C says why
            call report(c_future_result(future%pointer, data, 0_c_int64_t), status)
        else if (fits(future%context, 'future_result', future%dtype, future%extents(1:future%rank), dtype, extents, contiguous, &
            status)) then
            call report(c_future_result(future%pointer, data, product(extents)*c_dtype_size(int(dtype, c_int))), status)
        end if
    end subroutine

    !> How far it is: ASH_FUTURE_PENDING, ASH_FUTURE_RUNNING, ASH_FUTURE_FINISHED, ASH_FUTURE_FAILED or ASH_FUTURE_CANCELLED.
    integer function ash_future_status(future) result(state)
        type(ash_future), intent(in) :: future

        state = int(c_future_status(future%pointer))
    end function

    !> Waits until it has ended, at most so many seconds; absent or negative: as long as it takes. Returns the state then.
    integer function ash_future_wait(future, seconds) result(state)
        type(ash_future), intent(in) :: future
        real(real64), intent(in), optional :: seconds

        state = int(c_future_wait(future%pointer, span(seconds)))
    end function

    !> Waits until one has ended and returns its place in the list, from 1; 0: the time was too short, or there are none. Released ones are passed over.
    integer function ash_future_wait_any(futures, seconds) result(place)
        type(ash_future), intent(in) :: futures(:)
        real(real64), intent(in), optional :: seconds

        place = int(c_future_wait_any(size(futures), futures%pointer, span(seconds))) + 1
    end function

    real(c_double) function span(seconds)
        real(real64), intent(in), optional :: seconds

        span = -1
        if (present(seconds)) span = seconds
    end function

    !> Why it failed or was cancelled; '' if it did not.
    function ash_future_error(future) result(text)
        type(ash_future), intent(in) :: future
        character(:), allocatable :: text

        text = f_text(c_future_error(future%pointer))
    end function

    !> Asks it to stop.
    subroutine ash_future_cancel(future)
        type(ash_future), intent(in) :: future

        call c_future_cancel(future%pointer)
    end subroutine

    !> Figures of its run.
    function ash_future_run(future) result(info)
        type(ash_future), intent(in) :: future
        type(ash_plan_info) :: info

        info = c_future_run(future%pointer)
    end function

    !> Gives it back, and its memory, unless arrays of it are left. `future` is then none.
    subroutine ash_future_release(future)
        type(ash_future), intent(inout) :: future

        call c_future_release(future%pointer)
        future = ash_future()
    end subroutine
end module
