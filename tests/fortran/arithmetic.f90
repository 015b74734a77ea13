! Operators, functions and reductions against Fortran's own, for arrays and numbers of every kind.
program arithmetic
    use, intrinsic :: iso_fortran_env, only: int8, int16, int32, int64, real32, real64
    use, intrinsic :: iso_c_binding, only: c_bool
    use ashlar
    use checking
    implicit none
    type(ash_context) :: ctx
    real(real64), target :: x(3, 2), y(3, 2), z(3, 2)
    type(ash_array) :: a, b

    x = reshape([1.5_real64, -2.0_real64, 0.25_real64, 4.0_real64, 8.0_real64, -0.5_real64], [3, 2])
    y = reshape([2.0_real64, 0.5_real64, 0.25_real64, -4.0_real64, 3.0_real64, 1.0_real64], [3, 2])
    ctx = ash_context_new(threads=1)
    a = ash_from_buffer(ctx, x)
    b = ash_from_buffer(ctx, y)
    call operators()
    call numbers_of_every_kind()
    call truths()
    call functions()
    call reductions()
    call groups()
    call mistakes()
    call ash_context_free(ctx)
    call finish()

contains

    subroutine expect(what, array, wanted)
        character(*), intent(in) :: what
        type(ash_array), intent(in) :: array
        real(real64), intent(in) :: wanted(:, :)
        integer :: status

        z = -99
        call ash_compute(array, z, status)
        call check(what//': '//ash_error(ctx), status == ASH_SUCCESS)
        call check(what, all(z == wanted))
    end subroutine

    subroutine expect_truth(what, array, wanted)
        character(*), intent(in) :: what
        type(ash_array), intent(in) :: array
        logical, intent(in) :: wanted(:, :)
        logical(c_bool) :: truth(3, 2)
        integer :: status

        call ash_compute(array, truth, status)
        call check(what, status == ASH_SUCCESS)
        call check(what, all(logical(truth) .eqv. wanted))
    end subroutine

    subroutine operators()
        call expect('a + b', a + b, x + y)
        call expect('a - b', a - b, x - y)
        call expect('a * b', a*b, x*y)
        call expect('a / b', a/b, x/y)
        call expect('a ** 2', a**2, x**2)
        call expect('-a', -a, -x)
        call expect('+a', +a, x)
        call expect('precedence', a + 2*b**2 - b/4, x + 2*y**2 - y/4)
        call expect_truth('a == b', a == b, x == y)
        call expect_truth('a /= b', a /= b, x /= y)
        call expect_truth('a < b', a < b, x < y)
        call expect_truth('a <= b', a <= b, x <= y)
        call expect_truth('a > b', a > b, x > y)
        call expect_truth('a >= b', a >= b, x >= y)
    end subroutine

    subroutine numbers_of_every_kind()
        type(ash_array) :: f

        call expect('a - int32', a - 3_int32, x - 3)
        call expect('int32 - a', 3_int32 - a, 3 - x)
        call expect('a - int64', a - 3_int64, x - 3)
        call expect('int64 - a', 3_int64 - a, 3 - x)
        call expect('a - real32', a - 0.5_real32, x - 0.5_real64)
        call expect('real32 - a', 0.5_real32 - a, 0.5_real64 - x)
        call expect('a - real64', a - 0.1_real64, x - 0.1_real64)
        call expect('real64 - a', 0.1_real64 - a, 0.1_real64 - x)
        call expect('real64 / a', 1.0_real64/a, 1/x)
        call expect('2 ** a', 2.0_real64**floor(a), 2.0_real64**floor(x))
        call expect('a - complex32', ash_real_part(a - (0.5_real32, 2.0_real32)), x - 0.5_real64)
        call expect('complex64 - a', aimag((0.5_real64, 2.0_real64) - a), 0*x + 2)
        call expect_truth('a < 1', a < 1, x < 1)
        call expect_truth('1.0 < a', 1.0 < a, 1 < x)
        f = ash_cast(a, ASH_FLOAT32)
        call check('a number is weak', ash_array_dtype(f + 0.1_real64) == ASH_FLOAT32)
        call check('only its kind counts', ash_array_dtype(ash_cast(a, ASH_INT8) + 1_int64) == ASH_INT8)
        call check('a complex one makes complex', ash_array_dtype(f*(0.0_real64, 1.0_real64)) == ASH_COMPLEX64)
        call expect('numbers as arguments', ash_maximum(0, a), max(0.0_real64, x))
        call expect('on either side', ash_clip(a, -1_int8, 2.5_real32), min(max(x, -1.0_real64), 2.5_real64))
        call expect('merge with numbers', merge(1.0_real64, a, a < 0), merge(1.0_real64, x, x < 0))
    end subroutine

    subroutine truths()
        call expect_truth('.and.', a > 0 .and. b > 0, x > 0 .and. y > 0)
        call expect_truth('.or.', a > 2 .or. b > 2, x > 2 .or. y > 2)
        call expect_truth('.not.', .not. a > 0, .not. x > 0)
        call expect_truth('.neqv.', a > 0 .neqv. b > 0, x > 0 .neqv. y > 0)
        call expect_truth('.eqv.', a > 0 .eqv. b > 0, x > 0 .eqv. y > 0)
        call expect_truth('with a number', (a > 0) .and. .false., spread([.false., .false., .false.], 2, 2))
        call expect_truth('on the left', .true._c_bool .neqv. a > 0, .not. x > 0)
    end subroutine

    subroutine functions()
        call expect('abs', abs(a), abs(x))
        call expect('sqrt', sqrt(abs(a)), sqrt(abs(x)))
        call expect('floor', floor(a), real(floor(x), real64))
        call expect('ceiling', ceiling(a), real(ceiling(x), real64))
        call expect('aint', aint(a), aint(x))
        call expect('max', max(a, b), max(x, y))
        call expect('min', min(a, 1), min(x, 1.0_real64))
        call expect('mod', mod(a, 1.5_real64), mod(x, 1.5_real64))
        call expect('modulo', modulo(a, 1.5_real64), modulo(x, 1.5_real64))
        call expect('round has a default', ash_round(a), reshape([2, -2, 0, 4, 8, 0]*1.0_real64, [3, 2]))
        call expect('round has a parameter', ash_round(a, decimals=1), reshape([1.5_real64, -2.0_real64, 0.2_real64, 4.0_real64, 8.0_real64, -0.5_real64], [3, 2]))
        call expect('intrinsics stay', abs(-1)*(a*0 + 1), 0*x + 1)
    end subroutine

    subroutine reductions()
        real(real64) :: by_column(2), by_row(3), total, kept(1, 2)
        integer(int64) :: number
        integer :: status

        call ash_compute(sum(a, dim=1), by_column, status)
        call check('sum, dim=1', status == ASH_SUCCESS .and. all(by_column == sum(x, dim=1)))
        call ash_compute(sum(a, 2), by_row, status)
        call check('sum, 2', status == ASH_SUCCESS .and. all(by_row == sum(x, 2)))
        call ash_compute(sum(a), total, status)
        call check('sum', status == ASH_SUCCESS .and. total == sum(x))
        call ash_compute(mean(ash_set_dims(a, 'time,lon'), 'time'), by_row, status)
        call check('mean over time', status == ASH_SUCCESS .and. all(by_row == sum(x, 2)/2))
        call ash_compute(maxval(a, dim=1, keepdims=.true.), kept, status)
        call check('keepdims', status == ASH_SUCCESS .and. all(kept(1, :) == maxval(x, dim=1)))
        call ash_compute(var(a, dim=2, ddof=1), by_row, status)
        call check('ddof', status == ASH_SUCCESS .and. all(by_row == (x(:, 1) - x(:, 2))**2/2))
        call ash_compute(sum(a, dim=1, mask=a > 0), by_column, status)
        call check('mask', status == ASH_SUCCESS .and. all(by_column == sum(x, dim=1, mask=x > 0)))
        call ash_compute(sum(a, 1, a > 0), by_column, status)
        call check('mask where the intrinsic has it', status == ASH_SUCCESS .and. all(by_column == sum(x, 1, x > 0)))
        call ash_compute(count(a > 0), number, status)
        call check('count', status == ASH_SUCCESS .and. number == count(x > 0))
        call ash_compute(minval(a, mask=a > 100, initial=7), total, status)
        call check('initial', status == ASH_SUCCESS .and. total == 7)
        call check('dtype', ash_array_dtype(sum(a, dtype=ASH_FLOAT32)) == ASH_FLOAT32)
    end subroutine

    subroutine groups()
        integer(int32), target :: label(3)
        real(real64) :: grouped(2, 2)
        integer :: status

        label = [0, 1, 0]
        call ash_compute(ash_group_sum(a, 1, ash_from_buffer(ctx, label)), grouped, status)
        call check('groups', status == ASH_SUCCESS .and. all(grouped(1, :) == x(1, :) + x(3, :)) .and. all(grouped(2, :) == x(2, :)))
    end subroutine

    subroutine mistakes()
        type(ash_array) :: never

        call check('an array never made is refused', .not. ash_ok(a + never))
        call check('a dimension beyond the rank is refused', .not. ash_ok(sum(a, dim=3)))
        call check('the sentence has the number that was given', index(ash_error(ctx), "dim=3") > 0)
        call check('dimension 0 is refused', .not. ash_ok(sum(a, dim=0)))
        call ash_error_clear(ctx)
        call check('text is no number', .not. ash_ok(ash_maximum(a, 'one')))
        call check('the sentence says so', index(ash_error(ctx), 'neither an array nor a number') > 0)
        call check('two numbers have no context', .not. ash_ok(ash_maximum(1, 2)))
    end subroutine
end program
