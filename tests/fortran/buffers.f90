! Memory of every kind and rank, in and out; shapes and dimension numbers in Fortran's order; what is refused.
program buffers
    use, intrinsic :: iso_fortran_env, only: int8, int16, int32, int64, real32, real64
    use, intrinsic :: iso_c_binding, only: c_bool
    use ashlar
    use checking
    implicit none
    type(ash_context) :: ctx
    integer :: status

    ctx = ash_context_new(threads=1, memory_limit=1000000000_int64, executor='serial')
    call check('a context', ash_ok(ctx))
    call kinds()
    call ranks()
    call order()
    call makers()
    call refusals()
    call contexts()
    call ash_context_free(ctx)
    call finish()

contains

    subroutine kinds()
        integer(int8), target :: i1(2) = [-1_int8, 2_int8]
        integer(int16), target :: i2(2) = [-1_int16, 2_int16]
        integer(int32), target :: i4(2) = [-1_int32, 2_int32]
        integer(int64), target :: i8(2) = [-1_int64, 2_int64]
        real(real32), target :: r4(2) = [-1.5_real32, 2.0_real32]
        real(real64), target :: r8(2) = [-1.5_real64, 2.0_real64]
        complex(real32), target :: c4(2) = [(1.0_real32, 2.0_real32), (-3.0_real32, 0.5_real32)]
        complex(real64), target :: c8(2) = [(1.0_real64, 2.0_real64), (-3.0_real64, 0.5_real64)]
        logical(c_bool), target :: l(2) = [.true._c_bool, .false._c_bool]
        integer(int8) :: i1_out(2)
        integer(int16) :: i2_out(2)
        integer(int32) :: i4_out(2)
        integer(int64) :: i8_out(2)
        real(real32) :: r4_out(2)
        real(real64) :: r8_out(2)
        complex(real32) :: c4_out(2)
        complex(real64) :: c8_out(2)
        logical(c_bool) :: l_out(2)

        call ash_compute(ash_from_buffer(ctx, i1) + 1, i1_out, status)
        call check('int8', status == ASH_SUCCESS .and. all(i1_out == i1 + 1))
        call ash_compute(ash_from_buffer(ctx, i2) + 1, i2_out, status)
        call check('int16', status == ASH_SUCCESS .and. all(i2_out == i2 + 1))
        call ash_compute(ash_from_buffer(ctx, i4) + 1, i4_out, status)
        call check('int32', status == ASH_SUCCESS .and. all(i4_out == i4 + 1))
        call ash_compute(ash_from_buffer(ctx, i8) + 1, i8_out, status)
        call check('int64', status == ASH_SUCCESS .and. all(i8_out == i8 + 1))
        call ash_compute(ash_from_buffer(ctx, r4)*3, r4_out, status)
        call check('real32', status == ASH_SUCCESS .and. all(r4_out == r4*3))
        call ash_compute(ash_from_buffer(ctx, r8)*3, r8_out, status)
        call check('real64', status == ASH_SUCCESS .and. all(r8_out == r8*3))
        call ash_compute(conjg(ash_from_buffer(ctx, c4)) + 1, c4_out, status)
        call check('complex64', status == ASH_SUCCESS .and. all(c4_out == conjg(c4) + 1))
        call ash_compute(conjg(ash_from_buffer(ctx, c8)) + 1, c8_out, status)
        call check('complex128', status == ASH_SUCCESS .and. all(c8_out == conjg(c8) + 1))
        call ash_compute(.not. ash_from_buffer(ctx, l), l_out, status)
        call check('bool', status == ASH_SUCCESS .and. all(l_out .neqv. l))
    end subroutine

    subroutine ranks()
        real(real64), target :: x0, x1(2), x2(2, 3), x3(2, 3, 1), x4(2, 3, 1, 2), x5(2, 1, 1, 2, 3), x6(2, 1, 1, 2, 3, 2), &
            x7(2, 1, 3, 1, 2, 1, 2)
        real(real64) :: y0, y1(2), y2(2, 3), y3(2, 3, 1), y4(2, 3, 1, 2), y5(2, 1, 1, 2, 3), y6(2, 1, 1, 2, 3, 2), y7(2, 1, 3, 1, 2, 1, 2)

        call random_number(x0)
        call random_number(x1)
        call random_number(x2)
        call random_number(x3)
        call random_number(x4)
        call random_number(x5)
        call random_number(x6)
        call random_number(x7)
        call ash_compute(ash_from_buffer(ctx, x0)*2, y0, status)
        call check('rank 0', status == ASH_SUCCESS .and. y0 == x0*2)
        call ash_compute(ash_from_buffer(ctx, x1)*2, y1, status)
        call check('rank 1', status == ASH_SUCCESS .and. all(y1 == x1*2))
        call ash_compute(ash_from_buffer(ctx, x2)*2, y2, status)
        call check('rank 2', status == ASH_SUCCESS .and. all(y2 == x2*2))
        call ash_compute(ash_from_buffer(ctx, x3)*2, y3, status)
        call check('rank 3', status == ASH_SUCCESS .and. all(y3 == x3*2))
        call ash_compute(ash_from_buffer(ctx, x4)*2, y4, status)
        call check('rank 4', status == ASH_SUCCESS .and. all(y4 == x4*2))
        call ash_compute(ash_from_buffer(ctx, x5)*2, y5, status)
        call check('rank 5', status == ASH_SUCCESS .and. all(y5 == x5*2))
        call ash_compute(ash_from_buffer(ctx, x6)*2, y6, status)
        call check('rank 6', status == ASH_SUCCESS .and. all(y6 == x6*2))
        call ash_compute(ash_from_buffer(ctx, x7)*2, y7, status)
        call check('rank 7', status == ASH_SUCCESS .and. all(y7 == x7*2))
        call check('shape of rank 7', all(ash_shape(ash_from_buffer(ctx, x7)) == shape(x7)))
    end subroutine

    subroutine order()
        real(real64), target :: x(4, 3, 2)
        real(real64) :: section(3, 2), turned(2, 3, 4)
        type(ash_array) :: a

        call random_number(x)
        a = ash_from_buffer(ctx, x, dims='time,lat,lon', chunks='1,2,4')
        call check('shape', ash_ndim(a) == 3 .and. all(ash_shape(a) == [4, 3, 2]))
        call check('names', ash_dim_name(a, 1) == 'lon' .and. ash_dim_name(a, 3) == 'time' .and. ash_dim_name(a, 4) == '')
        call ash_compute(ash_index(a, 'lon=1'), section, status)
        call check('index', status == ASH_SUCCESS .and. all(section == x(2, :, :)))
        call ash_compute(ash_transpose(a), turned, status)
        call check('transpose', status == ASH_SUCCESS .and. all(turned == reshape(x, [2, 3, 4], order=[3, 2, 1])))
        call ash_compute(sum(a, dim=1), section, status)
        call check('dim=1 is lon', status == ASH_SUCCESS .and. all(abs(section - sum(x, 1)) < 1e-14_real64))
    end subroutine

    subroutine makers()
        integer(int64) :: ramp(3), filled(2, 3)
        real(real64) :: spaced(5)

        call ash_compute(ash_arange(ctx, 4, 10, 2), ramp, status)
        call check('arange', status == ASH_SUCCESS .and. all(ramp == [4, 6, 8]))
        call ash_compute(ash_full(ctx, ASH_INT64, [2, 3], 7) + ash_ones(ctx, ASH_INT64, [2_int64, 3_int64]), filled, status)
        call check('full, ones', status == ASH_SUCCESS .and. all(filled == 8))
        call ash_compute(ash_linspace(ctx, 0.0_real64, 1.0_real64, 5) + ash_zeros(ctx, ASH_FLOAT64, [5]), spaced, status)
        call check('linspace, zeros', status == ASH_SUCCESS .and. all(spaced == [0.0, 0.25, 0.5, 0.75, 1.0]))
        call check('number', ash_ndim(ash_number(ctx, 3)) == 0)
        call check('attributes', ash_attr(ash_set_attr(ash_arange(ctx, 0, 3), 'units', 'K'), 'units') == 'K')
        call check('explain', index(ash_explain(ash_arange(ctx, 0, 3) + 1), 'task') > 0)
        call check('explain_last', index(ash_explain_last(ctx), 'measured') > 0)
    end subroutine

    subroutine refused(what, wanted, words)
        character(*), intent(in) :: what, words
        integer, intent(in) :: wanted

        call check(what//' is refused', status == wanted)
        call check(what//': '//ash_error(ctx), index(ash_error(ctx), words) > 0)
        call ash_error_clear(ctx)
    end subroutine

    subroutine refusals()
        real(real64), target :: x(3, 4), y(4, 3), wide(6, 4)
        integer(int64) :: i(3, 4)
        type(ash_array) :: a

        x = 1
        wide = 0
        a = ash_from_buffer(ctx, x)
        call ash_compute(a, i, status)
        call refused('another kind', ASH_ERR_DTYPE, 'the array is float64, found a buffer of int64')
        call ash_compute(a, y, status)
        call refused('another shape', ASH_ERR_SHAPE, 'has shape (3,4), found a buffer of shape (4,3)')
        call ash_compute(a, wide(::2, :), status)
        call refused('a section', ASH_ERR_ARGUMENT, 'must be contiguous')
        call check('and is not touched', all(wide == 0))
        status = merge(ASH_ERR_ARGUMENT, ASH_SUCCESS, .not. ash_ok(ash_from_buffer(ctx, wide(::2, :))))
        call refused('a section as input', ASH_ERR_ARGUMENT, 'must be contiguous')
        call ash_compute(sum(a, 'time'), x(:, 1), status)
        call refused('an unknown dimension', ASH_ERR_DIMENSION, 'time')
        call check('status words', ash_status_text(ASH_ERR_SHAPE) == 'shapes do not match')
        call ash_compute(a, y)
        call check('status may be left out', ash_error_status(ctx) == ASH_ERR_SHAPE)
    end subroutine

    subroutine contexts()
        type(ash_context) :: other
        type(ash_array) :: a, b

        other = ash_context_new(isa='abacus')
        call check('no such isa', .not. ash_ok(other))
        call check('said why', index(ash_error(other), 'abacus') > 0)
        call ash_context_free(other)
        call ash_scope_begin(ctx, status)
        a = ash_arange(ctx, 0, 3)
        b = a + 1
        call ash_scope_end(ctx, [b], status)
        call check('kept', status == ASH_SUCCESS .and. ash_ok(b))
        call ash_scope_begin(ctx)
        a = ash_arange(ctx, 0, 3)
        call ash_scope_end(ctx)
        call check('freed', .not. ash_ok(a))
    end subroutine
end program
