! Runs: options, several results at once, results that stay, futures, and what is seen of plans.
module runs_functions
    use, intrinsic :: iso_c_binding, only: c_ptr, c_associated
    use, intrinsic :: iso_fortran_env, only: real64
    use ashlar
    implicit none

contains

    integer function dry(call, user, message) result(status)
        type(ash_call), intent(in) :: call
        type(c_ptr), intent(in) :: user
        character(*), intent(inout) :: message

        message = 'the well is dry'
        status = ASH_ERR_IO
        if (c_associated(user) .or. size(call%input) /= 1) status = ASH_ERR_INTERNAL
    end function
end module

program runs
    use, intrinsic :: iso_fortran_env, only: int64, real32, real64
    use ashlar
    use checking
    use runs_functions
    implicit none
    type(ash_context) :: ctx
    type(ash_array) :: a, s
    type(ash_plan_info) :: info
    type(ash_run_options) :: options
    real(real64), target :: mean_found, std_found, x(100, 70)
    real(real32), target :: small(3)
    integer :: status

    ctx = ash_context_new(threads=2, memory_limit=200000000_int64, scratch='.', read_retries=5)
    call check('a context: '//ash_error(ctx), ash_ok(ctx))
    call random_number(x)
    a = ash_from_buffer(ctx, x, dims='y,x', chunks='10,30')
    call several_results()
    call plans()
    call results_that_stay()
    call futures()
    call ash_context_free(ctx)
    call finish()

contains

    subroutine several_results()
        call ash_compute_many([ash_into(mean(a), mean_found), ash_into(std(a), std_found)], status)
        call check('compute_many', status == ASH_SUCCESS .and. abs(mean_found - sum(x)/7000) < 1e-12 .and. std_found > 0.1)
        call ash_compute_many([ash_into(mean(a), mean_found), ash_into(a, small)], status)
        call check('a variable that does not fit', status == ASH_ERR_DTYPE .and. index(ash_error(ctx), 'into: the array is float64') == 1)
        call ash_compute_many([ash_target ::], status)
        call check('nothing', status == ASH_SUCCESS)
        options%threads = 1
        options%passes = 'none'
        call ash_compute(sum(a), mean_found, status, options)
        info = ash_last_run(ctx)
        call check('options', status == ASH_SUCCESS .and. info%num_threads == 1 .and. info%tasks >= 28)
        options = ash_run_options(memory_limit=1000_int64)
        call ash_compute(sum(a), mean_found, status, options)
        call check('a limit that is too small', status == ASH_ERR_LIMIT)
        options = ash_run_options(passes='nonsense')
        call ash_compute(sum(a), mean_found, status, options)
        call check('a pass that is none', status == ASH_ERR_ARGUMENT .and. index(ash_error(ctx), 'nonsense') > 0)
        options = ash_run_options(trace='fortran_runs_trace.json')
        call ash_write(a, 'fortran_runs.npy', 'a', status, options=options)
        call check('a trace: '//ash_error(ctx), status == ASH_SUCCESS)
        call delete('fortran_runs_trace.json')
        call delete('fortran_runs.npy')
    end subroutine

    subroutine plans()
        s = sum(a, 'y')
        call ash_plan_query(s, info, status)
        call check('plan_query', status == ASH_SUCCESS .and. info%tasks > 0 .and. info%least_limit > 0 .and. info%seconds == 0)
        call ash_plan_query([s, mean(a)], info, status, ash_run_options(threads=1))
        call check('plan_query of several', status == ASH_SUCCESS .and. info%num_threads == 1)
        call check('explain', len(ash_explain([s, mean(a)])) > len(ash_explain(s)) .and. len(ash_explain(s)) > 100)
        call check('explain_json', index(ash_explain_json(s), '"predicted"') > 0 .and. index(ash_explain_json([s]), '"measured"') > 0)
        call check('explain_last', len(ash_explain_last(ctx)) > 0 .and. index(ash_explain_last_json(ctx), '"measured"') > 0)
        call check('graph_text', index(ash_graph_text(s), 'digraph') > 0 .and. len(ash_graph_text([s], tasks=-1)) < len(ash_graph_text(s)))
        call ash_graph([s, mean(a)], 'fortran_runs.dot', status)
        call check('graph', status == ASH_SUCCESS)
        call delete('fortran_runs.dot')
        call ash_graph(s, 'no/such/folder/graph.dot', status)
        call check('no such folder', status /= ASH_SUCCESS)
        call check('no arrays', ash_explain([ash_array ::]) == '')
    end subroutine

    subroutine results_that_stay()
        type(ash_array) :: in_memory, on_scratch

        in_memory = ash_persist(a*2)
        on_scratch = ash_persist(a*2, 'scratch', ash_run_options(threads=1))
        call same('memory', in_memory, a*2)
        call same('scratch', on_scratch, in_memory)
        call check('names', ash_dim_name(on_scratch, 1) == 'x')
        call ash_release(on_scratch, status)
        call check('release', status == ASH_SUCCESS)
        call ash_release(on_scratch, status)
        call check('release once', status == ASH_ERR_HANDLE)
        call ash_release(a, status)
        call check('not persisted', status == ASH_ERR_HANDLE .and. index(ash_error(ctx), 'ash_persist') > 0)
        call check('where', .not. ash_ok(ash_persist(a, 'disk')) .and. index(ash_error(ctx), 'disk') > 0)
    end subroutine

    subroutine futures()
        type(ash_future) :: doubled, total, failed, list(3)
        real(real64) :: y(100, 70)
        integer :: k

        doubled = ash_submit(2*a)
        total = ash_submit(sum(ash_future_array(doubled)), ash_run_options(threads=1))
        call ash_future_result(total, mean_found, status)
        call check('future: '//ash_future_error(total), status == ASH_SUCCESS .and. abs(mean_found - 2*sum(x)) < 1e-8)
        call check('state', ash_future_status(doubled) == ASH_FUTURE_FINISHED .and. ash_future_error(doubled) == '')
        call ash_future_result(doubled, y, status)
        call check('values', status == ASH_SUCCESS .and. all(y == 2*x))
        call ash_future_result(doubled, mean_found, status)
        call check('a shape that does not fit', status == ASH_ERR_SHAPE .and. index(ash_error(ctx), 'future_result: ') == 1)
        info = ash_future_run(doubled)
        call check('figures', info%tasks >= 28)
        call ash_register(ctx, 'dry', dry)
        failed = ash_submit(ash_delayed(ctx, 'dry', [a], ASH_FLOAT64, [1]))
        call check('failed', ash_future_wait(failed, 60.0_real64) == ASH_FUTURE_FAILED)
        call check('its words', index(ash_future_error(failed), 'the well is dry') > 0)
        call ash_future_result(failed, small, status)
        call check('status of its result', status == ASH_ERR_IO)
        call ash_future_cancel(failed)
        list = [doubled, total, failed]
        call ash_future_release(list(1))
        do k = 1, 2 ! total ended before failed
            call check('in their order', ash_future_wait_any(list) == k + 1)
            call ash_future_release(list(k + 1))
        end do
        call check('none is left', ash_future_wait_any(list, 0.1_real64) == 0)
        call check('no future', ash_future_status(list(1)) == ASH_FUTURE_FAILED)
        failed = ash_submit(ash_open(ctx, 'no_such_file.nc', 'v'))
        call ash_future_result(failed, mean_found, status)
        call check('an array that carries an error', status == ASH_ERR_NOT_FOUND)
    end subroutine
end program
