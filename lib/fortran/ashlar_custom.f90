!> Functions of the program's own over blocks of arrays: registered by name, called over chunks, over chunks with halos, and as steps of an expression.
!! Bounds are Fortran's: from 1, the first dimension is the fastest.
module ashlar_custom
    use, intrinsic :: iso_c_binding
    use, intrinsic :: iso_fortran_env, only: int64, real64
    use ashlar_c
    use ashlar_c_runs
    use ashlar_core
    use ashlar_options
    implicit none
    private

    !> A block of an array: what a call is given of an input, or is to write of an output. ash_view makes a Fortran array of it, whose bounds are lower and upper:
    !! 1 to extent, with the halo around it where one was asked for. Along dimensions in which an input is repeated there is the one element 1. Of the lists, the
    !! first `rank` count.
    type, public :: ash_block
        integer :: dtype = -1, rank = 0
        type(c_ptr) :: data = c_null_ptr    !< the element `lower`
        integer(int64) :: lower(16) = 1, upper(16) = 0
        integer(int64) :: extent(16) = 0    !< without halo
        integer(int64) :: first(16) = 1     !< index in the array of element 1
        integer(int64) :: whole(16) = 0     !< extents of the array
    end type

    type, public :: ash_call
        type(ash_block), allocatable :: input(:), output(:)
        integer :: rank = 0                 !< of the grid of chunks; 0 for delayed calls
        integer(int64) :: chunk(16) = 1     !< which chunk this is
        real(real64), pointer :: argument(:) => null() !< what the builder was given
        type(c_ptr) :: scratch = c_null_ptr !< the bytes that were asked for
    end type

    abstract interface
        !> Writes every element of the outputs and returns ASH_SUCCESS; or a sentence in `message` and the status that the run is to fail with. It is called from
        !! several threads at once, unless it was registered as exclusive: its variables must not be saved from call to call. See ash_function_definition in custom.h.
        integer function ash_function(call, user, message) result(status)
            import :: ash_call, c_ptr
            type(ash_call), intent(in) :: call
            type(c_ptr), intent(in) :: user
            character(*), intent(inout) :: message
        end function
    end interface

    !> What C hands back to us at every call.
    type :: function_holder
        procedure(ash_function), pointer, nopass :: function => null()
        type(c_ptr) :: user = c_null_ptr
    end type

    public :: ash_function, ash_register, ash_map_blocks, ash_map_blocks_many, ash_map_overlap, ash_map_overlap_many, ash_delayed
    public :: fits_view, view_extents

contains

    !> Makes a function known in the context. Memory that `user` points at must live as long as the context. pure: may be called more than once for a chunk;
    !! exclusive: never two calls at a time; scratch_bytes: memory for every call.
    subroutine ash_register(context, name, function, user, status, pure, exclusive, scratch_bytes)
        type(ash_context), intent(in) :: context
        character(*), intent(in) :: name
        procedure(ash_function) :: function
        type(c_ptr), intent(in), optional :: user
        integer, intent(out), optional :: status
        logical, intent(in), optional :: pure, exclusive
        integer(int64), intent(in), optional :: scratch_bytes
        character(kind=c_char), allocatable, target :: name_text(:)
        type(function_holder), pointer :: holder
        type(c_function_definition) :: definition
        integer(c_int) :: code

        allocate (holder)
        holder%function => function
        if (present(user)) holder%user = user
        definition%size = c_sizeof(definition)
        definition%name = c_text(name_text, name)
        definition%function = c_funloc(call_function)
        definition%user = c_loc(holder)
        definition%release = c_funloc(release_function)
        if (present(scratch_bytes)) definition%scratch_bytes = scratch_bytes
        if (present(pure)) definition%pure = logical(pure, c_bool)
        if (present(exclusive)) definition%exclusive = logical(exclusive, c_bool)
        code = c_register(context%pointer, definition)
        if (code /= ASH_SUCCESS) deallocate (holder)
        call report(code, status)
    end subroutine

    subroutine release_function(user) bind(C)
        type(c_ptr), value :: user
        type(function_holder), pointer :: holder

        call c_f_pointer(user, holder)
        deallocate (holder)
    end subroutine

    !> C's call: its order and bounds turned into Fortran's.
    function call_function(c, user) bind(C) result(status)
        type(c_function_call), intent(in) :: c
        type(c_ptr), value :: user
        integer(c_int) :: status
        type(function_holder), pointer :: holder
        type(ash_call) :: call
        character(500) :: sentence
        integer :: failed_inputs, failed_outputs

        sentence = ''
        call c_f_pointer(user, holder)
        allocate (call%input(c%ninputs), stat=failed_inputs)
        allocate (call%output(c%noutputs), stat=failed_outputs)
        if (failed_inputs /= 0 .or. failed_outputs /= 0) then
            status = ASH_ERR_MEMORY
            call put_message('the system gave no memory for a call', c)
            return
        end if
        call fill_blocks(call%input, c%input)
        call fill_blocks(call%output, c%output)
        call%rank = int(c%ndim)
        call fill_list(call%chunk, c%chunk, call%rank, 1_int64)
        if (c%argument_bytes > 0) call c_f_pointer(c%argument, call%argument, [c%argument_bytes/c_sizeof(1.0_c_double)])
        call%scratch = c%scratch
        status = int(holder%function(call, holder%user, sentence), c_int)
        call put_message(sentence, c)
    end function

    subroutine put_message(sentence, c)
        character(*), intent(in) :: sentence
        type(c_function_call), intent(in) :: c
        character(kind=c_char), pointer :: message(:)
        integer :: k, length

        if (c%message_bytes < 1) return
        call c_f_pointer(c%message, message, [c%message_bytes])
        length = min(len_trim(sentence), int(c%message_bytes) - 1)
        do k = 1, length
            message(k) = sentence(k:k)
        end do
        message(length + 1) = c_null_char
    end subroutine

    !> A list of C's in Fortran's order, plus something.
    subroutine fill_list(list, from, rank, plus)
        integer(int64), intent(inout) :: list(:)
        type(c_ptr), intent(in) :: from
        integer, intent(in) :: rank
        integer(int64), intent(in) :: plus
        integer(c_int64_t), pointer :: numbers(:)

        if (rank == 0 .or. .not. c_associated(from)) return
        call c_f_pointer(from, numbers, [rank])
        list(1:rank) = numbers(rank:1:-1) + plus
    end subroutine

    subroutine fill_blocks(blocks, from)
        type(ash_block), intent(inout) :: blocks(:)
        type(c_ptr), intent(in) :: from
        type(c_ptr), pointer :: pointers(:)
        type(c_function_block), pointer :: block
        integer :: k

        if (size(blocks) == 0) return
        call c_f_pointer(from, pointers, [size(blocks)])
        do k = 1, size(blocks)
            call c_f_pointer(pointers(k), block)
            call fill_block(blocks(k), block)
        end do
    end subroutine

    !> C's data are those of element 1; the halo lies before them.
    subroutine fill_block(block, from)
        type(ash_block), intent(inout) :: block
        type(c_function_block), intent(in) :: from
        integer(int64) :: before(16), after(16), stride(16)
        integer(c_intptr_t) :: address
        integer :: d

        before = 0
        after = 0
        stride = 0
        block%dtype = int(from%dtype)
        block%rank = int(from%ndim)
        call fill_list(block%extent, from%extent, block%rank, 0_int64)
        call fill_list(block%first, from%start, block%rank, 1_int64)
        call fill_list(block%whole, from%shape, block%rank, 0_int64)
        call fill_list(before, from%before, block%rank, 0_int64)
        call fill_list(after, from%after, block%rank, 0_int64)
        call fill_list(stride, from%stride, block%rank, 0_int64)
        address = transfer(from%data, address)
        do d = 1, block%rank
            if (stride(d) == 0 .and. block%extent(d) > 0) then ! repeated, or of one element
                block%lower(d) = 1
                block%upper(d) = 1
            else
                block%lower(d) = 1 - before(d)
                block%upper(d) = block%extent(d) + after(d)
                address = address - before(d)*stride(d)
            end if
        end do
        block%data = transfer(address, block%data)
    end subroutine

    ! ---- For ash_view ----

    !> Whether a block has this dtype and rank.
    pure logical function fits_view(block, dtype, rank)
        type(ash_block), intent(in) :: block
        integer, intent(in) :: dtype, rank

        fits_view = block%dtype == dtype .and. block%rank == rank
    end function

    pure function view_extents(block) result(extents)
        type(ash_block), intent(in) :: block
        integer(int64) :: extents(block%rank)

        extents = block%upper(1:block%rank) - block%lower(1:block%rank) + 1
    end function

    ! ---- Builders ----

    !> A registered function over the chunks of the inputs, with one output: ash_map_blocks(ctx, 'smooth', [a, b], ASH_FLOAT64). `dims` says what the output is
    !! like, `core_dims` what every call sees all of; both as in map.h, in C's order. `argument` is handed to every call.
    function ash_map_blocks(context, function, inputs, dtype, dims, core_dims, argument) result(out)
        type(ash_context), intent(in) :: context
        character(*), intent(in) :: function
        type(ash_array), intent(in) :: inputs(:)
        integer, intent(in) :: dtype
        character(*), intent(in), optional :: dims, core_dims
        real(real64), intent(in), optional :: argument(:)
        type(ash_array) :: out, outputs(1)

        if (present(dims)) then
            call map(context, function, inputs, [dtype], outputs, [dims], core_dims, argument)
        else
            call map(context, function, inputs, [dtype], outputs, core_dims=core_dims, argument=argument)
        end if
        out = outputs(1)
    end function

    !> The same with several outputs; dtypes and dims have one entry for each.
    subroutine ash_map_blocks_many(context, function, inputs, dtypes, outputs, dims, core_dims, argument)
        type(ash_context), intent(in) :: context
        character(*), intent(in) :: function
        type(ash_array), intent(in) :: inputs(:)
        integer, intent(in) :: dtypes(:)
        type(ash_array), intent(out) :: outputs(:)
        character(*), intent(in), optional :: dims(:), core_dims
        real(real64), intent(in), optional :: argument(:)

        call map(context, function, inputs, dtypes, outputs, dims, core_dims, argument)
    end subroutine

    !> A registered function over chunks with a halo: ash_map_overlap(ctx, 'spread', [a], 'lat=1, lon=1', ASH_FLOAT64, boundary='lat=nearest, lon=periodic').
    function ash_map_overlap(context, function, inputs, depth, dtype, boundary, dims, core_dims, argument, keep_halo) result(out)
        type(ash_context), intent(in) :: context
        character(*), intent(in) :: function, depth
        type(ash_array), intent(in) :: inputs(:)
        integer, intent(in) :: dtype
        character(*), intent(in), optional :: boundary, dims, core_dims
        real(real64), intent(in), optional :: argument(:)
        logical, intent(in), optional :: keep_halo
        type(ash_array) :: out, outputs(1)

        if (present(dims)) then
            call map(context, function, inputs, [dtype], outputs, [dims], core_dims, argument, depth, boundary, keep_halo)
        else
            call map(context, function, inputs, [dtype], outputs, core_dims=core_dims, argument=argument, depth=depth, &
                boundary=boundary, keep_halo=keep_halo)
        end if
        out = outputs(1)
    end function

    subroutine ash_map_overlap_many(context, function, inputs, depth, dtypes, outputs, boundary, dims, core_dims, argument, keep_halo)
        type(ash_context), intent(in) :: context
        character(*), intent(in) :: function, depth
        type(ash_array), intent(in) :: inputs(:)
        integer, intent(in) :: dtypes(:)
        type(ash_array), intent(out) :: outputs(:)
        character(*), intent(in), optional :: boundary, dims(:), core_dims
        real(real64), intent(in), optional :: argument(:)
        logical, intent(in), optional :: keep_halo

        call map(context, function, inputs, dtypes, outputs, dims, core_dims, argument, depth, boundary, keep_halo)
    end subroutine

    !> With a depth over chunks with halos, else over chunks.
    subroutine map(context, function, inputs, dtypes, outputs, dims, core_dims, argument, depth, boundary, keep_halo)
        type(ash_context), intent(in) :: context
        character(*), intent(in) :: function
        type(ash_array), intent(in) :: inputs(:)
        integer, intent(in) :: dtypes(:)
        type(ash_array), intent(inout) :: outputs(:)
        character(*), intent(in), optional :: dims(:), core_dims, depth, boundary
        real(real64), intent(in), optional, target, contiguous :: argument(:)
        logical, intent(in), optional :: keep_halo
        character(kind=c_char), allocatable, target :: function_text(:), core_text(:), depth_text(:), boundary_text(:), dims_text(:, :)
        type(c_map_output) :: described(size(dtypes))
        type(c_map_options) :: options
        integer :: i, k

        if (size(dtypes) /= size(outputs) .or. .not. same_size(dims, size(outputs))) then
            do k = 1, size(outputs)
                outputs(k)%handle = failed(context%pointer, ASH_ERR_ARGUMENT, 'map: dtypes and dims must have one entry for each output')
            end do
            return
        end if
        if (present(dims)) allocate (dims_text(len(dims) + 1, size(dims)), source=c_null_char)
        do k = 1, size(outputs)
            described(k)%size = c_sizeof(described(k))
            described(k)%dtype = int(dtypes(k), c_int)
            if (.not. present(dims)) cycle
            do i = 1, len_trim(dims(k))
                dims_text(i, k) = dims(k) (i:i)
            end do
            described(k)%dims = c_loc(dims_text(1, k))
        end do
        options%size = c_sizeof(options)
        options%core_dims = c_text(core_text, core_dims)
        if (present(argument)) call set_argument(argument, options%argument, options%argument_bytes)
        if (present(keep_halo)) options%keep_halo = logical(keep_halo, c_bool)
        if (present(depth)) then
            call c_map_overlap(context%pointer, c_text(function_text, function), size(inputs), inputs%handle, c_text(depth_text, depth), &
                c_text(boundary_text, boundary), size(outputs), described, options, outputs%handle)
        else
            call c_map_blocks(context%pointer, c_text(function_text, function), size(inputs), inputs%handle, size(outputs), described, &
                options, outputs%handle)
        end if
    end subroutine

    pure logical function same_size(dims, n)
        character(*), intent(in), optional :: dims(:)
        integer, intent(in) :: n

        same_size = .true.
        if (present(dims)) same_size = size(dims) == n
    end function

    subroutine set_argument(argument, pointer, bytes)
        real(real64), intent(in), target, contiguous :: argument(:)
        type(c_ptr), intent(out) :: pointer
        integer(c_int64_t), intent(out) :: bytes

        pointer = c_null_ptr
        bytes = 0
        if (size(argument) == 0) return
        pointer = c_loc(argument)
        bytes = size(argument, kind=int64)*c_sizeof(argument(1))
    end subroutine

    !> One call of a registered function when its result is needed, over any number of arrays: ash_delayed(ctx, 'inc', [x], ASH_INT64, [integer ::]).
    !! `shape` is of integers of 32 or 64 bits.
    function ash_delayed(context, function, inputs, dtype, shape, dims, argument) result(out)
        type(ash_context), intent(in) :: context
        character(*), intent(in) :: function
        type(ash_array), intent(in) :: inputs(:)
        integer, intent(in) :: dtype
        class(*), intent(in) :: shape(:)
        character(*), intent(in), optional :: dims
        real(real64), intent(in), optional, target, contiguous :: argument(:)
        type(ash_array) :: out
        character(kind=c_char), allocatable, target :: function_text(:), dims_text(:)
        integer(c_int64_t), allocatable :: extents(:)
        type(c_delayed_options) :: options

        call c_extents(shape, extents)
        if (.not. allocated(extents)) then
            out%handle = failed(context%pointer, ASH_ERR_ARGUMENT, 'delayed: shape must be of integers of 32 or 64 bits')
            return
        end if
        options%size = c_sizeof(options)
        options%dims = c_text(dims_text, dims)
        if (present(argument)) call set_argument(argument, options%argument, options%argument_bytes)
        out%handle = c_delayed(context%pointer, c_text(function_text, function), size(inputs), inputs%handle, int(dtype, c_int), &
            size(extents), extents, options)
    end function
end module
