! The functions that are written from functions.table: order and numbers of dimensions, texts, lists and numbers on their way to the library.
program functions
    use, intrinsic :: iso_fortran_env, only: int64, real64
    use, intrinsic :: ieee_arithmetic, only: ieee_value, ieee_negative_inf
    use ashlar
    use checking
    implicit none
    type(ash_context) :: ctx
    type(ash_array) :: a, b, m
    real(real64), target :: x(4, 3), y(3, 2), z(4, 3)
    real(real64), target :: pair(2) = [0.0_real64, 1.0_real64], fives(2) = [5.0_real64, 6.0_real64], weight(3) = [1.0_real64, 2.0_real64, 1.0_real64]
    integer(int64), target :: places(2) = [2_int64, 0_int64]
    real(real64), parameter :: tiny_step = epsilon(1.0_real64)
    integer :: i, j

    x = reshape([((10.0_real64*i + j, i=1, 4), j=1, 3)], [4, 3])
    y = reshape([((real(i - j*j, real64), i=1, 3), j=1, 2)], [3, 2])
    z = 1 + x*tiny_step
    ctx = ash_context_new(threads=2)
    a = ash_from_buffer(ctx, x, dims='lat,lon')
    b = ash_from_buffer(ctx, y)

    call products()
    call shapes()
    call positions()
    call scans_and_tables()
    call chunks()
    call what_is_wrong()
    call ash_context_free(ctx)
    call finish()

contains

    subroutine is(what, got, expected)
        character(*), intent(in) :: what
        type(ash_array), intent(in) :: got
        real(real64), intent(in), target, contiguous :: expected(..)

        call same(what, ash_set_dims(ash_drop_coords(ash_cast(got, ASH_FLOAT64)), ''), ash_from_buffer(ctx, expected))
    end subroutine

    !> matmul is Fortran's, of matrices and vectors.
    subroutine products()
        call is('matmul', matmul(a, b), matmul(x, y))
        call is('ash_matmul', ash_matmul(a, b), matmul(x, y))
        call is('matrix and vector', matmul(a, ash_from_buffer(ctx, y(:, 2))), matmul(x, y(:, 2)))
        call is('vector and matrix', matmul(ash_from_buffer(ctx, y(:, 1)), b), matmul(y(:, 1), y))
        call is('tensordot', ash_tensordot(a, b, 'lat', '-1'), matmul(x, y))
        call is('outer product', ash_tensordot(ash_from_buffer(ctx, y(:, 1)), ash_from_buffer(ctx, pair), '', ''), &
            spread(y(:, 1), 2, 2)*spread(pair, 1, 3))
    end subroutine

    subroutine shapes()
        type(ash_array) :: t

        call is('reshape', ash_reshape(a, [2, 6]), reshape(x, [2, 6]))
        call is('reshape, the rest', ash_reshape(a, [6_int64, -1_int64]), reshape(x, [6, 2]))
        t = ash_reshape(a, 'u=2, v=6')
        call is('reshape by text', t, reshape(x, [6, 2]))
        call check('names of reshape', ash_dim_name(t, 1) == 'v' .and. ash_dim_name(t, 2) == 'u')
        call is('ravel', ash_ravel(a), reshape(x, [12]))
        t = ash_stack([a, a*2], name='member')
        call check('stack: the last dimension', all(ash_shape(t) == [4, 3, 2]) .and. ash_dim_name(t, 3) == 'member')
        call is('stack', t, reshape([x, 2*x], [4, 3, 2]))
        t = ash_stack([a, a*2], dim=1)
        call check('stack: the first', all(ash_shape(t) == [2, 4, 3]))
        call is('expand_dims', ash_expand_dims(a, dim=2), reshape(x, [4, 1, 3]))
        call is('concatenate', ash_concatenate([a, a]), reshape([x, x], [4, 6]))
        call is('concatenate, by number', ash_concatenate([a, a], dim=1), x([1, 2, 3, 4, 1, 2, 3, 4], :))
        call check('broadcast_to', all(ash_shape(ash_broadcast_to(a, [4, 3, 5])) == [4, 3, 5]))
        t = ash_pad(a, 'lon=1:2', 'constant', value=-0.1_real64)
        call is('pad', t, reshape([((merge(10.0_real64*i + j, -0.1_real64, i >= 1 .and. i <= 4), i=0, 6), j=1, 3)], [7, 3]))
        call is('pad, an integer', ash_index(ash_pad(a, 'lat=1', value=7), '0'), [7.0_real64, 7.0_real64, 7.0_real64, 7.0_real64])
    end subroutine

    subroutine positions()
        type(ash_array) :: mask

        mask = ash_from_buffer(ctx, places)
        call is('take', ash_take(a, mask, dim=1), x([3, 1], :))
        call is('take by name', ash_take(a, mask, 'lat'), x(:, [3, 1]))
        call is('take_list', ash_take_list(a, [2, 0, 3], dim='lon'), x([3, 1, 4], :))
        call is('compress', ash_compress(a, ash_index(a, ':, 0') > 12, dim=2), x(:, [3]))
        call is('masked_select', ash_masked_select(a, a > 32), pack(x, x > 32))
        call is('argwhere', ash_argwhere(a > 42), reshape([2.0_real64, 3.0_real64], [2, 1]))
        call is('flatnonzero', ash_flatnonzero(a > 42), [11.0_real64])
    end subroutine

    subroutine scans_and_tables()
        real(real64) :: sums(4, 3), endless

        endless = ieee_value(endless, ieee_negative_inf)
        sums(1, :) = x(1, :)
        do i = 2, 4
            sums(i, :) = sums(i - 1, :) + x(i, :)
        end do
        call is('cumsum', ash_cumsum(a, dim=1), sums)
        call check('cumsum, dtype', ash_array_dtype(ash_cumsum(a, dim='lon', dtype=ASH_FLOAT32)) == ASH_FLOAT32)
        call is('diff', ash_diff(a, dim=2, n=2), 0*x(:, 1:1))
        call is('trapezoid', ash_trapezoid(a, dim=2, dx=0.5_real64), x(:, 2))
        call is('trapezoid over x', ash_trapezoid(a, ash_from_buffer(ctx, y(:, 1)), 'lat'), x(:, 2)*2)
        call is('isin', ash_isin(a, ash_from_buffer(ctx, x(2:3, 2))), merge(1.0_real64, 0.0_real64, x == x(2, 2) .or. x == x(3, 2)))
        call is('interp', ash_interp(ash_number(ctx, 2.5_real64)*b, ash_from_buffer(ctx, pair), &
            ash_from_buffer(ctx, fives), left=-1.0_real64), merge(5 + min(2.5_real64*y, 1.0_real64), -1.0_real64, y >= 0))
        call is('median', ash_median(a, dims=2), x(:, 2))
        call is('quantiles', ash_quantiles(a, [0.0_real64, 1.0_real64], dims='lat'), reshape([x(:, 1), x(:, 3)], [4, 2]))
        call is('ptp', ash_ptp(a, 'lat,lon', keepdims=.true.), reshape([maxval(x) - minval(x)], [1, 1]))
        call is('norm', ash_norm(b, order=1.0_real64), sum(abs(y)))
        m = ash_average(a, ash_from_buffer(ctx, weight, dims='lat'), 'lat')
        call is('average', m, x(:, 2))
        ! Seventeen digits are enough: numbers that differ in the last bit stay apart.
        call is('all digits', ash_reshape(ash_masked_select(ash_from_buffer(ctx, z), ash_from_buffer(ctx, z) == z(2, 2)), [1]), [z(2, 2)])
        call is('digits as text', ash_index(ash_pad(a, '1', value=z(2, 2)), '0, 0'), z(2, 2))
        call is('an infinity', ash_index(ash_pad(a, '1', value=endless), '0, 0'), endless)
    end subroutine

    subroutine chunks()
        type(ash_array) :: cut, back

        cut = ash_rechunk(a, 'lat=2, lon=3')
        call is('chunk', ash_chunk(cut, '0,-1'), x(4:4, 1:2))
        back = ash_from_chunks([ash_chunk(cut, '0,0'), ash_chunk(cut, '0,1'), ash_chunk(cut, '1,0'), ash_chunk(cut, '1,1')], [2, 2])
        call is('from_chunks', back, x)
        call is('overlap', ash_overlap(cut, 'lon=1', 'lon=periodic'), x([4, 1, 2, 3, 4, 3, 4, 1], :))
        call is('trim_overlap', ash_trim_overlap(ash_overlap(cut, 'lon=1', 'lon=periodic'), 'lon=1', 'lon=periodic'), x)
    end subroutine

    subroutine refused(what, got, words)
        character(*), intent(in) :: what, words
        type(ash_array), intent(in) :: got

        call check(what//' is refused', .not. ash_ok(got))
        call check(what//': '//ash_error(ctx), index(ash_error(ctx), words) > 0)
    end subroutine

    subroutine what_is_wrong()
        type(ash_array) :: none(0)

        call refused('a dimension that is none', ash_cumsum(a, dim=3), 'dim')
        call refused('a dimension that is a real', ash_cumsum(a, dim=1.0), 'neither text nor')
        call refused('text with quotes', ash_cumsum(a, dim='it''s \n'), 'it''s \n')
        call refused('extents', matmul(b, b), 'matmul')
        call refused('a shape of reals', ash_broadcast_to(a, [1.0, 2.0]), 'neither integers')
        call refused('padding that is a text', ash_pad(a, '1', value='x'), 'no number')
        call refused('a reshape to reals', ash_reshape(a, [1.0, 2.0]), 'integers of 32 or 64 bits')
        call check('no arrays', .not. ash_ok(ash_stack(none)) .and. .not. ash_ok(ash_concatenate(none, dim=1)))
    end subroutine
end program
