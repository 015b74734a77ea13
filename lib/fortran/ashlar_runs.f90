!> Runs: several results at once, results that stay, stopping.
module ashlar_runs
    use, intrinsic :: iso_c_binding
    use, intrinsic :: iso_fortran_env, only: int64
    use ashlar_c
    use ashlar_c_runs
    use ashlar_core
    use ashlar_options
    use ashlar_arrays, only: fits
    implicit none
    private

    !> A result and the variable that is to have it, made by ash_into.
    type, public :: ash_target
        type(ash_array) :: array
        type(c_ptr) :: data = c_null_ptr
        integer(int64) :: bytes = 0
        integer :: status = ASH_SUCCESS
    end type

    public :: ash_compute_many, ash_persist, ash_release, ash_cancel, ash_interrupt
    public :: target_of

contains

    !> What ash_into does for every kind. Where the variable does not fit, the target carries that error.
    function target_of(a, dtype, extents, contiguous, data) result(out)
        type(ash_array), intent(in) :: a
        integer, intent(in) :: dtype
        integer(int64), intent(in) :: extents(:)
        logical, intent(in) :: contiguous
        type(c_ptr), intent(in) :: data
        type(ash_target) :: out

        out%array = a
        out%data = data
        out%bytes = product(extents)*c_dtype_size(int(dtype, c_int))
        if (.not. ash_ok(a)) then
            out%status = ash_array_status(a)
        else if (.not. fits(a%handle%context, 'into', ash_array_dtype(a), ash_shape(a), dtype, extents, contiguous, out%status)) then
            out%data = c_null_ptr
        end if
    end function

    !> Computes several arrays at once, what they have in common only once: call ash_compute_many([ash_into(mean(a), m), ash_into(std(a), s)], status).
    !! The variables must have the target attribute.
    subroutine ash_compute_many(targets, status, options)
        type(ash_target), intent(in) :: targets(:)
        integer, intent(out), optional :: status
        type(ash_run_options), intent(in), optional :: options
        type(held_options), target :: held
        type(c_array) :: arrays(size(targets))
        integer :: k

        do k = 1, size(targets)
            if (targets(k)%status /= ASH_SUCCESS) then
                call report(int(targets(k)%status, c_int), status)
                return
            end if
            arrays(k) = targets(k)%array%handle
        end do
        if (size(targets) == 0) then
            call report(int(ASH_SUCCESS, c_int), status)
        else
            call report(c_compute_many(arrays(1)%context, size(targets), arrays, targets%data, targets%bytes, &
                run_options(held, options)), status)
        end if
    end subroutine

    !> Computes the array now and returns one that has its values: where='memory', also if absent, or 'scratch'.
    function ash_persist(a, where, options) result(out)
        type(ash_array), intent(in) :: a
        character(*), intent(in), optional :: where
        type(ash_run_options), intent(in), optional :: options
        type(ash_array) :: out
        character(kind=c_char), allocatable, target :: where_text(:)
        type(held_options), target :: held

        out%handle = c_persist(a%handle, c_text(where_text, where), run_options(held, options))
    end function

    !> Gives back what ash_persist holds; a, and what was made from it, cannot be computed any more.
    subroutine ash_release(a, status)
        type(ash_array), intent(in) :: a
        integer, intent(out), optional :: status

        call report(c_release(a%handle), status)
    end subroutine

    !> Asks the run under way, and all in the background, to stop.
    subroutine ash_cancel(context)
        type(ash_context), intent(in) :: context

        call c_cancel(context%pointer)
    end subroutine

    !> Asks the run under way to finish the tasks it is at and then to stop.
    subroutine ash_interrupt(context)
        type(ash_context), intent(in) :: context

        call c_interrupt(context%pointer)
    end subroutine
end module
