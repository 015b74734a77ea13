!> Datasets: what a file, or many files taken as one, hold. See ashlar/dataset.h.
module ashlar_datasets
    use, intrinsic :: iso_c_binding
    use, intrinsic :: iso_fortran_env, only: int64
    use ashlar_c
    use ashlar_core
    use ashlar_options
    implicit none
    private

    !> A handle: copy it freely, nobody frees it.
    type, public :: ash_dataset
        type(c_dataset) :: handle
    end type

    public :: ash_dataset_open, ash_dataset_variable, ash_dataset_text, ash_dataset_describe, ash_dataset_names, ash_dataset_attr
    public :: ash_dataset_write, ash_ok

    !> A file, a pattern, or a list of files.
    interface ash_dataset_open
        procedure :: open_path, open_paths
    end interface

    interface ash_ok
        procedure :: dataset_ok
    end interface

contains

    function open_path(context, path, join, stack, by_position, sort) result(out)
        type(ash_context), intent(in) :: context
        character(*), intent(in) :: path
        character(*), intent(in), optional :: join, stack
        logical, intent(in), optional :: by_position, sort
        type(ash_dataset) :: out
        character(kind=c_char), allocatable, target :: path_text(:), join_text(:), stack_text(:)
        type(c_dataset_options) :: options

        options = options_of(c_text(join_text, join), c_text(stack_text, stack), by_position, sort)
        out%handle = c_dataset_open(context%pointer, c_text(path_text, path), options)
    end function

    function open_paths(context, paths, join, stack, by_position, sort) result(out)
        type(ash_context), intent(in) :: context
        character(*), intent(in) :: paths(:)
        character(*), intent(in), optional :: join, stack
        logical, intent(in), optional :: by_position, sort
        type(ash_dataset) :: out
        character(kind=c_char), allocatable, target :: letters(:, :), join_text(:), stack_text(:)
        type(c_ptr) :: pointers(size(paths))
        type(c_dataset_options) :: options
        integer :: i, k

        allocate (letters(len(paths) + 1, size(paths)))
        letters = c_null_char
        do k = 1, size(paths)
            do i = 1, len_trim(paths(k))
                letters(i, k) = paths(k) (i:i)
            end do
            pointers(k) = c_loc(letters(1, k))
        end do
        options = options_of(c_text(join_text, join), c_text(stack_text, stack), by_position, sort)
        out%handle = c_dataset_open_many(context%pointer, size(paths, kind=c_int64_t), pointers, options)
    end function

    function options_of(join, stack, by_position, sort) result(options)
        type(c_ptr), intent(in) :: join, stack
        logical, intent(in), optional :: by_position, sort
        type(c_dataset_options) :: options

        options%size = c_sizeof(options)
        options%join = join
        options%stack = stack
        if (present(by_position)) options%by_position = logical(by_position, c_bool)
        if (present(sort)) options%sort = logical(sort, c_bool)
    end function

    !> Whether the dataset is usable; if not, ash_error() of its context says why.
    logical function dataset_ok(dataset)
        type(ash_dataset), intent(in) :: dataset

        dataset_ok = logical(c_dataset_ok(dataset%handle))
    end function

    !> A variable of the dataset as a lazy array.
    function ash_dataset_variable(dataset, variable, chunks, raw, valid_range) result(out)
        type(ash_dataset), intent(in) :: dataset
        character(*), intent(in) :: variable
        character(*), intent(in), optional :: chunks
        logical, intent(in), optional :: raw, valid_range
        type(ash_array) :: out
        character(kind=c_char), allocatable, target :: variable_text(:), chunks_text(:)
        type(c_open_options) :: options

        options%size = c_sizeof(options)
        options%chunks = c_text(chunks_text, chunks)
        if (present(raw)) options%raw = logical(raw, c_bool)
        if (present(valid_range)) options%valid_range = logical(valid_range, c_bool)
        out%handle = c_dataset_variable(dataset%handle, c_text(variable_text, variable), options)
    end function

    !> Writes variables of the dataset ('t2m, precip'; all if absent) with what they name into one file. What is absent is as in ash_write.
    subroutine ash_dataset_write(dataset, path, variables, status, deflate, shuffle, history, attributes, unlimited, format, chunks, &
            encoding, zstd, fletcher32, resume, options)
        type(ash_dataset), intent(in) :: dataset
        character(*), intent(in) :: path
        character(*), intent(in), optional :: variables
        integer, intent(out), optional :: status
        integer, intent(in), optional :: deflate, zstd
        logical, intent(in), optional :: shuffle, fletcher32, resume
        character(*), intent(in), optional :: history, attributes, unlimited, format, chunks, encoding
        type(ash_run_options), intent(in), optional :: options
        character(kind=c_char), allocatable, target :: path_text(:), variables_text(:)
        type(held_write_options), target :: held

        call write_options(held, deflate, shuffle, history, attributes, unlimited, format, chunks, encoding, zstd, fletcher32, resume, &
            options)
        call report(c_dataset_write(dataset%handle, c_text(path_text, path), c_text(variables_text, variables), held%options), status)
    end subroutine

    !> The values of a text variable, all as long as the longest.
    subroutine ash_dataset_text(dataset, variable, texts, status)
        type(ash_dataset), intent(in) :: dataset
        character(*), intent(in) :: variable
        character(:), allocatable, intent(out) :: texts(:)
        integer, intent(out), optional :: status
        character(kind=c_char), allocatable, target :: variable_text(:)
        type(c_ptr) :: list
        type(c_ptr), pointer :: entries(:)
        integer(c_int64_t) :: n
        integer(c_int) :: found

        n = 0
        list = c_null_ptr
        found = c_dataset_text(dataset%handle, c_text(variable_text, variable), n, list)
        call report(found, status)
        if (found /= ASH_SUCCESS) n = 0
        if (n == 0) then
            allocate (character(0) :: texts(0))
            return
        end if
        call c_f_pointer(list, entries, [n])
        texts = gathered(entries)
    end subroutine

    !> Names of all variables, all as long as the longest.
    function ash_dataset_names(dataset) result(names)
        type(ash_dataset), intent(in) :: dataset
        character(:), allocatable :: names(:)
        type(c_ptr), allocatable :: entries(:)
        type(c_variable_info) :: info
        integer(c_int64_t) :: k, n

        n = max(c_dataset_variable_count(dataset%handle), 0_c_int64_t)
        allocate (entries(n))
        do k = 1, n
            info%size = c_sizeof(info)
            entries(k) = c_null_ptr
            if (c_dataset_variable_info(dataset%handle, k - 1, info) == ASH_SUCCESS) entries(k) = info%name
        end do
        names = gathered(entries)
    end function

    function gathered(entries) result(texts)
        type(c_ptr), intent(in) :: entries(:)
        character(:), allocatable :: texts(:)
        integer :: k, longest

        longest = 0
        do k = 1, size(entries)
            longest = max(longest, len(f_text(entries(k))))
        end do
        allocate (character(longest) :: texts(size(entries)))
        do k = 1, size(entries)
            texts(k) = f_text(entries(k))
        end do
    end function

    !> What it holds as text, after the manner of ncdump -h; '' for a failed dataset.
    function ash_dataset_describe(dataset) result(text)
        type(ash_dataset), intent(in) :: dataset
        character(:), allocatable :: text

        text = f_text(c_dataset_describe(dataset%handle))
    end function

    !> The text of an attribute of a variable or group, without `owner` of the file; '' if there is none.
    function ash_dataset_attr(dataset, name, owner) result(text)
        type(ash_dataset), intent(in) :: dataset
        character(*), intent(in) :: name
        character(*), intent(in), optional :: owner
        character(:), allocatable :: text
        character(kind=c_char), allocatable, target :: name_text(:), owner_text(:)

        text = f_text(c_dataset_attr(dataset%handle, c_text(owner_text, owner), c_text(name_text, name)))
    end function
end module
