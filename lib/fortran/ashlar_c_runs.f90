!> The C library as Fortran sees it, second part: runs, what is seen of them, futures, functions of the user's. Not for users; the structs are compared
!! with C's by a test.
module ashlar_c_runs
    use, intrinsic :: iso_c_binding
    use ashlar_c, only: c_array
    implicit none
    public

    type, bind(C) :: c_compute_options
        integer(c_int64_t) :: size = 0
        integer(c_int32_t) :: num_threads = 0
        integer(c_int64_t) :: memory_limit = 0
        type(c_ptr) :: executor = c_null_ptr
        type(c_ptr) :: trace = c_null_ptr
        type(c_ptr) :: report = c_null_ptr
        type(c_ptr) :: passes = c_null_ptr
        integer(c_int64_t) :: piece_bytes = 0
    end type

    !> Figures of a plan or a run, see ash_plan_info in compute.h.
    type, bind(C) :: ash_plan_info
        integer(c_int64_t) :: size = 0
        integer(c_int64_t) :: nodes = 0, groups = 0, tasks = 0
        integer(c_int64_t) :: bytes_read = 0, bytes_written = 0
        integer(c_int64_t) :: plan_bytes = 0, reserve_bytes = 0
        integer(c_int64_t) :: sequential_peak = 0, peak_bytes = 0, least_limit = 0, memory_limit = 0
        integer(c_int32_t) :: num_threads = 0
        real(c_double) :: seconds = 0, plan_seconds = 0
        integer(c_int64_t) :: stored_bytes_read = 0, bytes_decoded = 0, bytes_spilled = 0, bytes_loaded = 0
        integer(c_int64_t) :: bytes_needed = 0, decoded_needed = 0, bytes_moved = 0, largest_task = 0
        integer(c_int64_t) :: bytes_transferred = 0, reads_repeated = 0
    end type

    type, bind(C) :: c_graph_options
        integer(c_int64_t) :: size = 0
        integer(c_int32_t) :: tasks = 0
        type(c_ptr) :: compute = c_null_ptr
    end type

    type, bind(C) :: c_function_block
        integer(c_int) :: dtype = 0
        integer(c_int32_t) :: ndim = 0
        type(c_ptr) :: data = c_null_ptr
        type(c_ptr) :: stride = c_null_ptr
        type(c_ptr) :: extent = c_null_ptr
        type(c_ptr) :: before = c_null_ptr, after = c_null_ptr
        type(c_ptr) :: start = c_null_ptr
        type(c_ptr) :: shape = c_null_ptr
    end type

    type, bind(C) :: c_function_call
        integer(c_int64_t) :: size = 0
        integer(c_int32_t) :: ninputs = 0, noutputs = 0
        type(c_ptr) :: input = c_null_ptr, output = c_null_ptr
        integer(c_int32_t) :: ndim = 0
        type(c_ptr) :: chunk = c_null_ptr
        type(c_ptr) :: argument = c_null_ptr
        integer(c_int64_t) :: argument_bytes = 0
        type(c_ptr) :: scratch = c_null_ptr
        type(c_ptr) :: message = c_null_ptr
        integer(c_int64_t) :: message_bytes = 0
    end type

    type, bind(C) :: c_function_definition
        integer(c_int64_t) :: size = 0
        type(c_ptr) :: name = c_null_ptr
        type(c_funptr) :: function = c_null_funptr
        type(c_ptr) :: user = c_null_ptr
        type(c_funptr) :: release = c_null_funptr
        integer(c_int64_t) :: scratch_bytes = 0
        logical(c_bool) :: pure = .false._c_bool
        logical(c_bool) :: strided = .false._c_bool
        logical(c_bool) :: exclusive = .false._c_bool
    end type

    type, bind(C) :: c_map_output
        integer(c_int64_t) :: size = 0
        integer(c_int) :: dtype = 0
        type(c_ptr) :: dims = c_null_ptr
    end type

    type, bind(C) :: c_map_options
        integer(c_int64_t) :: size = 0
        type(c_ptr) :: core_dims = c_null_ptr
        type(c_ptr) :: argument = c_null_ptr
        integer(c_int64_t) :: argument_bytes = 0
        logical(c_bool) :: keep_halo = .false._c_bool
    end type

    type, bind(C) :: c_delayed_options
        integer(c_int64_t) :: size = 0
        type(c_ptr) :: dims = c_null_ptr
        type(c_ptr) :: argument = c_null_ptr
        integer(c_int64_t) :: argument_bytes = 0
    end type

    interface
        ! ---- Runs ----
        function c_compute_many(context, n, arrays, buffers, bytes, options) bind(C, name='ash_compute_many') result(status)
            import :: c_array, c_ptr, c_int, c_int64_t
            type(c_ptr), value :: context, options
            integer(c_int), value :: n
            type(c_array), intent(in) :: arrays(*)
            type(c_ptr), intent(in) :: buffers(*)
            integer(c_int64_t), intent(in) :: bytes(*)
            integer(c_int) :: status
        end function
        function c_persist(a, where, options) bind(C, name='ash_persist_with') result(out)
            import :: c_array, c_ptr
            type(c_array), value :: a
            type(c_ptr), value :: where, options
            type(c_array) :: out
        end function
        function c_release(a) bind(C, name='ash_release') result(status)
            import :: c_array, c_int
            type(c_array), value :: a
            integer(c_int) :: status
        end function
        subroutine c_cancel(context) bind(C, name='ash_cancel')
            import :: c_ptr
            type(c_ptr), value :: context
        end subroutine
        subroutine c_interrupt(context) bind(C, name='ash_interrupt')
            import :: c_ptr
            type(c_ptr), value :: context
        end subroutine
        !> Only handed to C, never called from here.
        subroutine c_progress_bar(progress, user) bind(C, name='ash_progress_bar')
            import :: c_ptr
            type(c_ptr), value :: progress, user
        end subroutine

        ! ---- Seeing ----
        function c_explain(context, n, arrays, options) bind(C, name='ash_explain') result(text)
            import :: c_array, c_ptr, c_int
            type(c_ptr), value :: context, options
            integer(c_int), value :: n
            type(c_array), intent(in) :: arrays(*)
            type(c_ptr) :: text
        end function
        function c_explain_json(context, n, arrays, options) bind(C, name='ash_explain_json') result(text)
            import :: c_array, c_ptr, c_int
            type(c_ptr), value :: context, options
            integer(c_int), value :: n
            type(c_array), intent(in) :: arrays(*)
            type(c_ptr) :: text
        end function
        function c_explain_last(context) bind(C, name='ash_explain_last') result(text)
            import :: c_ptr
            type(c_ptr), value :: context
            type(c_ptr) :: text
        end function
        function c_explain_last_json(context) bind(C, name='ash_explain_last_json') result(text)
            import :: c_ptr
            type(c_ptr), value :: context
            type(c_ptr) :: text
        end function
        function c_graph(context, n, arrays, path, options) bind(C, name='ash_graph') result(status)
            import :: c_array, c_graph_options, c_ptr, c_int
            type(c_ptr), value :: context, path
            integer(c_int), value :: n
            type(c_array), intent(in) :: arrays(*)
            type(c_graph_options), intent(in) :: options
            integer(c_int) :: status
        end function
        function c_graph_text(context, n, arrays, options) bind(C, name='ash_graph_text') result(text)
            import :: c_array, c_graph_options, c_ptr, c_int
            type(c_ptr), value :: context
            integer(c_int), value :: n
            type(c_array), intent(in) :: arrays(*)
            type(c_graph_options), intent(in) :: options
            type(c_ptr) :: text
        end function
        function c_plan_query(context, n, arrays, options, info) bind(C, name='ash_plan_query') result(status)
            import :: c_array, ash_plan_info, c_ptr, c_int
            type(c_ptr), value :: context, options
            integer(c_int), value :: n
            type(c_array), intent(in) :: arrays(*)
            type(ash_plan_info), intent(inout) :: info
            integer(c_int) :: status
        end function
        function c_last_run(context) bind(C, name='ash_last_run') result(info)
            import :: ash_plan_info, c_ptr
            type(c_ptr), value :: context
            type(ash_plan_info) :: info
        end function

        ! ---- Futures ----
        function c_submit(a, options) bind(C, name='ash_submit') result(future)
            import :: c_array, c_ptr
            type(c_array), value :: a
            type(c_ptr), value :: options
            type(c_ptr) :: future
        end function
        function c_future_array(future) bind(C, name='ash_future_array') result(out)
            import :: c_array, c_ptr
            type(c_ptr), value :: future
            type(c_array) :: out
        end function
        function c_future_result(future, buffer, bytes) bind(C, name='ash_future_result') result(status)
            import :: c_ptr, c_int, c_int64_t
            type(c_ptr), value :: future, buffer
            integer(c_int64_t), value :: bytes
            integer(c_int) :: status
        end function
        function c_future_status(future) bind(C, name='ash_future_status') result(state)
            import :: c_ptr, c_int
            type(c_ptr), value :: future
            integer(c_int) :: state
        end function
        function c_future_wait(future, seconds) bind(C, name='ash_future_wait') result(state)
            import :: c_ptr, c_int, c_double
            type(c_ptr), value :: future
            real(c_double), value :: seconds
            integer(c_int) :: state
        end function
        function c_future_wait_any(n, futures, seconds) bind(C, name='ash_future_wait_any') result(place)
            import :: c_ptr, c_int, c_double
            integer(c_int), value :: n
            type(c_ptr), intent(in) :: futures(*)
            real(c_double), value :: seconds
            integer(c_int) :: place
        end function
        function c_future_error(future) bind(C, name='ash_future_error') result(text)
            import :: c_ptr
            type(c_ptr), value :: future
            type(c_ptr) :: text
        end function
        subroutine c_future_cancel(future) bind(C, name='ash_future_cancel')
            import :: c_ptr
            type(c_ptr), value :: future
        end subroutine
        function c_future_run(future) bind(C, name='ash_future_run') result(info)
            import :: ash_plan_info, c_ptr
            type(c_ptr), value :: future
            type(ash_plan_info) :: info
        end function
        subroutine c_future_release(future) bind(C, name='ash_future_release')
            import :: c_ptr
            type(c_ptr), value :: future
        end subroutine

        ! ---- Functions of the user's ----
        function c_register(context, definition) bind(C, name='ash_register') result(status)
            import :: c_function_definition, c_ptr, c_int
            type(c_ptr), value :: context
            type(c_function_definition), intent(in) :: definition
            integer(c_int) :: status
        end function
        subroutine c_map_blocks(context, function, n, inputs, noutputs, outputs, options, results) bind(C, name='ash_map_blocks_with')
            import :: c_array, c_map_output, c_map_options, c_ptr, c_int
            type(c_ptr), value :: context, function
            integer(c_int), value :: n, noutputs
            type(c_array), intent(in) :: inputs(*)
            type(c_map_output), intent(in) :: outputs(*)
            type(c_map_options), intent(in) :: options
            type(c_array), intent(inout) :: results(*)
        end subroutine
        subroutine c_map_overlap(context, function, n, inputs, depth, boundary, noutputs, outputs, options, results) &
            bind(C, name='ash_map_overlap_with')
            import :: c_array, c_map_output, c_map_options, c_ptr, c_int
            type(c_ptr), value :: context, function, depth, boundary
            integer(c_int), value :: n, noutputs
            type(c_array), intent(in) :: inputs(*)
            type(c_map_output), intent(in) :: outputs(*)
            type(c_map_options), intent(in) :: options
            type(c_array), intent(inout) :: results(*)
        end subroutine
        function c_delayed(context, function, n, inputs, dtype, ndim, shape, options) bind(C, name='ash_delayed') result(out)
            import :: c_array, c_delayed_options, c_ptr, c_int, c_int64_t
            type(c_ptr), value :: context, function
            integer(c_int), value :: n, dtype, ndim
            type(c_array), intent(in) :: inputs(*)
            integer(c_int64_t), intent(in) :: shape(*)
            type(c_delayed_options), intent(in) :: options
            type(c_array) :: out
        end function
    end interface
end module
