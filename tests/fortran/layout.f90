! The structs and codes that the module repeats are C's.
program layout
    use, intrinsic :: iso_c_binding
    use ashlar
    use ashlar_c
    use ashlar_c_runs
    use checking
    implicit none
    interface
        function layout_figure(k) bind(C) result(figure)
            import :: c_int, c_int64_t
            integer(c_int), value :: k
            integer(c_int64_t) :: figure
        end function
        function layout_status(name) bind(C) result(code)
            import :: c_char, c_int
            character(kind=c_char), intent(in) :: name(*)
            integer(c_int) :: code
        end function
        function layout_state(name) bind(C) result(code)
            import :: c_char, c_int
            character(kind=c_char), intent(in) :: name(*)
            integer(c_int) :: code
        end function
        function layout_dtype(name) bind(C) result(code)
            import :: c_char, c_int
            character(kind=c_char), intent(in) :: name(*)
            integer(c_int) :: code
        end function
    end interface
    type(c_array), target :: a
    type(c_context_options), target :: c
    type(c_make_options), target :: m
    type(c_reduce_options), target :: r
    type(c_open_options), target :: o
    type(c_write_options), target :: w
    type(c_source_options), target :: s
    type(c_store_options), target :: d
    type(c_sel_options), target :: l
    type(c_dataset) :: h
    type(c_dataset_options), target :: p
    type(c_variable_info), target :: v
    type(c_compute_options), target :: k
    type(ash_plan_info), target :: i
    type(c_graph_options), target :: g
    type(c_function_block), target :: b
    type(c_function_call), target :: t
    type(c_function_definition), target :: f
    type(c_map_output), target :: u
    type(c_map_options), target :: e
    type(c_delayed_options), target :: y

    call figures([c_sizeof(a), c_sizeof(c), c_sizeof(m), c_sizeof(r), c_sizeof(o), c_sizeof(w), c_sizeof(s), c_sizeof(d), &
        c_sizeof(l), c_sizeof(h), c_sizeof(p), c_sizeof(v)], 0)
    call figures([between(c_loc(a), c_loc(a%output)), between(c_loc(c), c_loc(c%memory_limit)), &
        between(c_loc(c), c_loc(c%read_retries)), between(c_loc(m), c_loc(m%release_user)), between(c_loc(r), c_loc(r%groups)), &
        between(c_loc(r), c_loc(r%where)), between(c_loc(r), c_loc(r%initial)), between(c_loc(r), c_loc(r%min_count)), &
        between(c_loc(o), c_loc(o%chunks)), between(c_loc(w), c_loc(w%shuffle)), between(c_loc(w), c_loc(w%history)), &
        between(c_loc(w), c_loc(w%compute)), between(c_loc(w), c_loc(w%zstd)), between(c_loc(w), c_loc(w%resume)), &
        between(c_loc(s), c_loc(s%scratch_bytes)), between(c_loc(s), c_loc(s%release)), between(c_loc(d), c_loc(d%compute)), &
        between(c_loc(o), c_loc(o%valid_range)), between(c_loc(l), c_loc(l%tolerance)), between(c_loc(p), c_loc(p%sort)), &
        between(c_loc(v), c_loc(v%shape)), between(c_loc(v), c_loc(v%is_text))], 12)
    call figures([c_sizeof(k), c_sizeof(i), c_sizeof(g), c_sizeof(b), c_sizeof(t), c_sizeof(f), c_sizeof(u), c_sizeof(e), c_sizeof(y)], 34)
    call figures([between(c_loc(c), c_loc(c%report)), between(c_loc(k), c_loc(k%memory_limit)), between(c_loc(k), c_loc(k%piece_bytes)), &
        between(c_loc(i), c_loc(i%memory_limit)), between(c_loc(i), c_loc(i%seconds)), between(c_loc(i), c_loc(i%bytes_moved)), &
        between(c_loc(i), c_loc(i%reads_repeated)), between(c_loc(g), c_loc(g%compute)), between(c_loc(b), c_loc(b%data)), &
        between(c_loc(b), c_loc(b%start)), between(c_loc(b), c_loc(b%shape)), between(c_loc(t), c_loc(t%input)), &
        between(c_loc(t), c_loc(t%chunk)), between(c_loc(t), c_loc(t%message_bytes)), between(c_loc(f), c_loc(f%scratch_bytes)), &
        between(c_loc(f), c_loc(f%exclusive)), between(c_loc(u), c_loc(u%dims)), between(c_loc(e), c_loc(e%keep_halo)), &
        between(c_loc(y), c_loc(y%argument_bytes))], 43)
    call check('as many figures', layout_figure(62) == -1)

    call status('ASH_OK', ASH_SUCCESS)
    call status('ASH_ERR_ARGUMENT', ASH_ERR_ARGUMENT)
    call status('ASH_ERR_DTYPE', ASH_ERR_DTYPE)
    call status('ASH_ERR_SHAPE', ASH_ERR_SHAPE)
    call status('ASH_ERR_DIMENSION', ASH_ERR_DIMENSION)
    call status('ASH_ERR_INDEX', ASH_ERR_INDEX)
    call status('ASH_ERR_HANDLE', ASH_ERR_HANDLE)
    call status('ASH_ERR_NOT_FOUND', ASH_ERR_NOT_FOUND)
    call status('ASH_ERR_FORMAT', ASH_ERR_FORMAT)
    call status('ASH_ERR_UNSUPPORTED', ASH_ERR_UNSUPPORTED)
    call status('ASH_ERR_IO', ASH_ERR_IO)
    call status('ASH_ERR_MEMORY', ASH_ERR_MEMORY)
    call status('ASH_ERR_LIMIT', ASH_ERR_LIMIT)
    call status('ASH_ERR_CANCELLED', ASH_ERR_CANCELLED)
    call status('ASH_ERR_INTERNAL', ASH_ERR_INTERNAL)
    call status('ASH_ERR_INTERRUPTED', ASH_ERR_INTERRUPTED)

    call state('ASH_FUTURE_PENDING', ASH_FUTURE_PENDING)
    call state('ASH_FUTURE_RUNNING', ASH_FUTURE_RUNNING)
    call state('ASH_FUTURE_FINISHED', ASH_FUTURE_FINISHED)
    call state('ASH_FUTURE_ERROR', ASH_FUTURE_FAILED)
    call state('ASH_FUTURE_CANCELLED', ASH_FUTURE_CANCELLED)

    call dtype('bool', ASH_BOOL)
    call dtype('int8', ASH_INT8)
    call dtype('int16', ASH_INT16)
    call dtype('int32', ASH_INT32)
    call dtype('int64', ASH_INT64)
    call dtype('uint8', ASH_UINT8)
    call dtype('uint16', ASH_UINT16)
    call dtype('uint32', ASH_UINT32)
    call dtype('uint64', ASH_UINT64)
    call dtype('float32', ASH_FLOAT32)
    call dtype('float64', ASH_FLOAT64)
    call dtype('complex64', ASH_COMPLEX64)
    call dtype('complex128', ASH_COMPLEX128)
    call finish()

contains

    integer(c_size_t) function between(from, to)
        type(c_ptr), intent(in) :: from, to

        between = int(transfer(to, 0_c_intptr_t) - transfer(from, 0_c_intptr_t), c_size_t)
    end function

    subroutine figures(ours, first)
        integer(c_size_t), intent(in) :: ours(:)
        integer, intent(in) :: first
        integer :: k
        character(32) :: what

        do k = 1, size(ours)
            write (what, '(a,i0)') 'figure ', first + k - 1
            call check(what, ours(k) == layout_figure(int(first + k - 1, c_int)))
        end do
    end subroutine

    subroutine status(name, code)
        character(*), intent(in) :: name
        integer, intent(in) :: code

        call check(name, layout_status(name//c_null_char) == code)
    end subroutine

    subroutine state(name, code)
        character(*), intent(in) :: name
        integer, intent(in) :: code

        call check(name, layout_state(name//c_null_char) == code)
    end subroutine

    subroutine dtype(name, code)
        character(*), intent(in) :: name
        integer, intent(in) :: code

        call check(name, layout_dtype(name//c_null_char) == code)
        call check(name//' has its name', ash_dtype_name(code) == name)
    end subroutine
end program
