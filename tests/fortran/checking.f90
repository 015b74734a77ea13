!> What the Fortran tests share: counting failures, and comparing arrays.
module checking
    use, intrinsic :: iso_fortran_env, only: int8, int64, real64, error_unit
    use, intrinsic :: iso_c_binding, only: c_bool
    use ashlar
    implicit none
    private

    integer, save :: failures = 0, checks = 0
    public :: check, finish, same, delete, begin_comparing, end_comparing

contains

    subroutine check(what, right)
        character(*), intent(in) :: what
        logical, intent(in) :: right

        checks = checks + 1
        if (right) return
        failures = failures + 1
        write (error_unit, '(2a)') 'wrong: ', what
    end subroutine

    subroutine finish()
        write (error_unit, '(i0,a,i0,a)') checks, ' checks, ', failures, ' wrong'
        if (failures > 0 .or. checks == 0) error stop 1
    end subroutine

    !> Whether two arrays have one dtype, shape and values; NaN equals NaN.
    subroutine same(what, a, b)
        character(*), intent(in) :: what
        type(ash_array), intent(in) :: a, b
        logical(c_bool) :: equal
        integer :: status

        call check(what//' is usable', ash_ok(a) .and. ash_ok(b))
        if (.not. (ash_ok(a) .and. ash_ok(b))) return
        call check(what//' has the dtype', ash_array_dtype(a) == ash_array_dtype(b))
        call check(what//' has the rank', ash_ndim(a) == ash_ndim(b))
        equal = .false._c_bool
        call ash_compute(all(a == b .or. ash_isnan(a) .and. ash_isnan(b)), equal, status)
        call check(what//' has the values', status == ASH_SUCCESS .and. equal)
    end subroutine

    !> Removes a file that is there.
    subroutine delete(file)
        character(*), intent(in) :: file
        integer :: unit

        open (newunit=unit, file=file, status='old')
        close (unit, status='delete')
    end subroutine

    !> Inputs of the generated test: values that tell arguments apart, with dimensions x, y and labels along y.
    subroutine begin_comparing(context, field, whole, truth, labels)
        type(ash_context), intent(out) :: context
        type(ash_array), intent(out) :: field(3), whole(3), truth, labels
        real(real64), save, target :: x(4, 3, 3)
        integer(int64), save, target :: i(4, 3, 3), label(3) = [0_int64, 1_int64, 0_int64]
        integer :: k

        context = ash_context_new(threads=1)
        do k = 1, 36
            x(modulo(k - 1, 4) + 1, modulo((k - 1)/4, 3) + 1, (k - 1)/12 + 1) = 0.25_real64 + modulo(k*7, 36)/48.0_real64
            i(modulo(k - 1, 4) + 1, modulo((k - 1)/4, 3) + 1, (k - 1)/12 + 1) = 1 + modulo(k*5, 36)
        end do
        do k = 1, 3
            field(k) = ash_from_buffer(context, x(:, :, k), dims='y,x')
            whole(k) = ash_from_buffer(context, i(:, :, k), dims='y,x')
        end do
        truth = field(1) > 0.5_real64
        labels = ash_from_buffer(context, label)
    end subroutine

    subroutine end_comparing(context)
        type(ash_context), intent(inout) :: context

        call ash_context_free(context)
        call finish()
    end subroutine
end module
