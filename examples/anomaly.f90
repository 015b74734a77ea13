! Anomalies of a variable, its mean over time taken away, from file to file and chunk by chunk:
!
!     anomaly FILE VARIABLE OUT.nc
!     anomaly OUT.nc                  on made-up data
program anomaly
    use, intrinsic :: iso_fortran_env, only: real64, error_unit
    use ashlar
    implicit none
    type(ash_context) :: ctx
    type(ash_array) :: t, anom
    character(:), allocatable :: output
    real(real64) :: largest
    integer :: status

    ctx = ash_context_new()
    if (.not. ash_ok(ctx)) call stop_with(ash_error(ctx))
    if (command_argument_count() == 3) then
        t = ash_open(ctx, argument(1), argument(2))
        output = argument(3)
    else if (command_argument_count() == 1 .and. index(argument(1), '-') /= 1) then
        t = made_up()
        output = argument(1)
    else
        call stop_with('usage: anomaly [FILE VARIABLE] OUT.nc')
    end if

    anom = t - mean(t, 'time')
    call ash_write(anom, output, 'anomaly', status)
    if (status /= ASH_SUCCESS) call stop_with(ash_error(ctx))

    ! Read back: by their making the anomalies' mean over time is 0, but for rounding.
    anom = ash_cast(ash_open(ctx, output, 'anomaly'), ASH_FLOAT64)
    call ash_compute(ash_nanmax(abs(mean(anom, 'time'))), largest, status)
    if (status /= ASH_SUCCESS) call stop_with(ash_error(ctx))
    print '(3a,es8.1)', 'wrote ', output, '; largest mean anomaly:', largest
    call ash_context_free(ctx)

contains

    !> A year of days on 12 latitudes, colder towards the poles, with seasons.
    function made_up() result(field)
        type(ash_array) :: field, day, lat

        day = ash_arange(ctx, 0, 365, dims='time')
        lat = ash_linspace(ctx, -82.5_real64, 82.5_real64, 12, dims='lat')
        field = 300 - 40*(lat/90)**2 - lat/6*cos(day*(6.283185307179586_real64/365))
        field = ash_set_coord(ash_set_coord(field, 'lat', lat), 'time', ash_set_attr(day, 'units', 'days since 2000-01-01'))
    end function

    function argument(k) result(text)
        integer, intent(in) :: k
        character(:), allocatable :: text
        integer :: length

        call get_command_argument(k, length=length)
        allocate (character(length) :: text)
        call get_command_argument(k, text)
    end function

    subroutine stop_with(sentence)
        character(*), intent(in) :: sentence

        write (error_unit, '(a)') sentence
        call ash_context_free(ctx)
        stop 1, quiet=.true.
    end subroutine
end program
