!> The C library as Fortran sees it: structs and functions of the public headers that the hand-written modules call. Not for users; the
!! structs are compared with C's by a test.
module ashlar_c
    use, intrinsic :: iso_c_binding
    implicit none
    public

    !> ash_array.
    type, bind(C) :: c_array
        type(c_ptr) :: context = c_null_ptr
        integer(c_int64_t) :: serial = 0
        integer(c_int32_t) :: output = 0
        integer(c_int32_t) :: reserved = 0
    end type

    type, bind(C) :: c_context_options
        integer(c_int64_t) :: size = 0
        integer(c_int32_t) :: num_threads = 0
        integer(c_int64_t) :: memory_limit = 0
        type(c_ptr) :: isa = c_null_ptr
        type(c_ptr) :: executor = c_null_ptr
        type(c_funptr) :: progress = c_null_funptr
        type(c_ptr) :: progress_user = c_null_ptr
        type(c_ptr) :: scratch = c_null_ptr
        type(c_ptr) :: trace = c_null_ptr
        type(c_ptr) :: report = c_null_ptr
        integer(c_int32_t) :: read_retries = 0
    end type

    type, bind(C) :: c_make_options
        integer(c_int64_t) :: size = 0
        type(c_ptr) :: dims = c_null_ptr
        type(c_ptr) :: chunks = c_null_ptr
        type(c_ptr) :: strides = c_null_ptr
        type(c_funptr) :: release = c_null_funptr
        type(c_ptr) :: release_user = c_null_ptr
    end type

    type, bind(C) :: c_reduce_options
        integer(c_int64_t) :: size = 0
        real(c_double) :: ddof = 0
        logical(c_bool) :: keepdims = .false._c_bool
        integer(c_int64_t) :: groups = 0
        type(c_ptr) :: dtype = c_null_ptr
        type(c_array) :: where
        type(c_array) :: initial
        integer(c_int64_t) :: min_count = 0
    end type

    type, bind(C) :: c_source_options
        integer(c_int64_t) :: size = 0
        type(c_ptr) :: name = c_null_ptr
        type(c_ptr) :: dims = c_null_ptr
        type(c_ptr) :: chunks = c_null_ptr
        type(c_ptr) :: attributes = c_null_ptr
        logical(c_bool) :: thread_safe = .false._c_bool
        integer(c_int64_t) :: scratch_bytes = 0
        type(c_funptr) :: release = c_null_funptr
    end type

    type, bind(C) :: c_store_options
        integer(c_int64_t) :: size = 0
        type(c_ptr) :: chunks = c_null_ptr
        logical(c_bool) :: thread_safe = .false._c_bool
        integer(c_int64_t) :: scratch_bytes = 0
        type(c_ptr) :: compute = c_null_ptr
    end type

    type, bind(C) :: c_open_options
        integer(c_int64_t) :: size = 0
        logical(c_bool) :: raw = .false._c_bool
        type(c_ptr) :: chunks = c_null_ptr
        logical(c_bool) :: valid_range = .false._c_bool
    end type

    type, bind(C) :: c_sel_options
        integer(c_int64_t) :: size = 0
        type(c_ptr) :: method = c_null_ptr
        real(c_double) :: tolerance = 0
    end type

    type, bind(C) :: c_dataset
        type(c_ptr) :: context = c_null_ptr
        integer(c_int64_t) :: serial = 0
    end type

    type, bind(C) :: c_dataset_options
        integer(c_int64_t) :: size = 0
        type(c_ptr) :: join = c_null_ptr
        type(c_ptr) :: stack = c_null_ptr
        logical(c_bool) :: by_position = .false._c_bool
        logical(c_bool) :: sort = .false._c_bool
    end type

    type, bind(C) :: c_variable_info
        integer(c_int64_t) :: size = 0
        type(c_ptr) :: name = c_null_ptr
        type(c_ptr) :: type = c_null_ptr
        integer(c_int) :: dtype = 0
        integer(c_int) :: role = 0
        integer(c_int32_t) :: ndim = 0
        integer(c_int64_t) :: shape(16) = 0
        integer(c_int64_t) :: chunk(16) = 0
        type(c_ptr) :: dim(16) = c_null_ptr
        logical(c_bool) :: is_text = .false._c_bool
    end type

    type, bind(C) :: c_raw_options
        integer(c_int64_t) :: size = 0
        integer(c_int64_t) :: offset = 0
        type(c_ptr) :: order = c_null_ptr
        type(c_ptr) :: byte_order = c_null_ptr
        type(c_ptr) :: dims = c_null_ptr
        type(c_ptr) :: chunks = c_null_ptr
    end type

    type, bind(C) :: c_write_options
        integer(c_int64_t) :: size = 0
        integer(c_int32_t) :: deflate = 0
        logical(c_bool) :: shuffle = .false._c_bool
        type(c_ptr) :: history = c_null_ptr
        type(c_ptr) :: attributes = c_null_ptr
        type(c_ptr) :: unlimited = c_null_ptr
        type(c_ptr) :: compute = c_null_ptr
        type(c_ptr) :: format = c_null_ptr
        type(c_ptr) :: chunks = c_null_ptr
        type(c_ptr) :: encoding = c_null_ptr
        integer(c_int32_t) :: zstd = 0
        logical(c_bool) :: fletcher32 = .false._c_bool
        logical(c_bool) :: resume = .false._c_bool
    end type

    interface
        function c_context_new(options) bind(C, name='ash_context_new') result(context)
            import :: c_context_options, c_ptr
            type(c_context_options), intent(in) :: options
            type(c_ptr) :: context
        end function
        subroutine c_context_free(context) bind(C, name='ash_context_free')
            import :: c_ptr
            type(c_ptr), value :: context
        end subroutine
        function c_error(context) bind(C, name='ash_error') result(text)
            import :: c_ptr
            type(c_ptr), value :: context
            type(c_ptr) :: text
        end function
        function c_error_status(context) bind(C, name='ash_error_status') result(status)
            import :: c_ptr, c_int
            type(c_ptr), value :: context
            integer(c_int) :: status
        end function
        subroutine c_error_clear(context) bind(C, name='ash_error_clear')
            import :: c_ptr
            type(c_ptr), value :: context
        end subroutine
        function c_status_text(status) bind(C, name='ash_status_text') result(text)
            import :: c_ptr, c_int
            integer(c_int), value :: status
            type(c_ptr) :: text
        end function
        function c_scope_begin(context) bind(C, name='ash_scope_begin') result(status)
            import :: c_ptr, c_int
            type(c_ptr), value :: context
            integer(c_int) :: status
        end function
        function c_scope_end(context, keep, n) bind(C, name='ash_scope_end') result(status)
            import :: c_array, c_ptr, c_int
            type(c_ptr), value :: context
            type(c_array), intent(in) :: keep(*)
            integer(c_int), value :: n
            integer(c_int) :: status
        end function

        function c_failed(context, status, sentence) bind(C, name='ash_failed') result(out)
            import :: c_array, c_ptr, c_int
            type(c_ptr), value :: context
            integer(c_int), value :: status
            type(c_ptr), value :: sentence
            type(c_array) :: out
        end function
        function c_dtype_name(dtype) bind(C, name='ash_dtype_name') result(text)
            import :: c_ptr, c_int
            integer(c_int), value :: dtype
            type(c_ptr) :: text
        end function
        function c_dtype_size(dtype) bind(C, name='ash_dtype_size') result(bytes)
            import :: c_int, c_int64_t
            integer(c_int), value :: dtype
            integer(c_int64_t) :: bytes
        end function
        function c_from_buffer(context, dtype, ndim, shape, data, options) bind(C, name='ash_from_buffer') result(out)
            import :: c_array, c_make_options, c_ptr, c_int, c_int64_t
            type(c_ptr), value :: context
            integer(c_int), value :: dtype, ndim
            integer(c_int64_t), intent(in) :: shape(*)
            type(c_ptr), value :: data
            type(c_make_options), intent(in) :: options
            type(c_array) :: out
        end function
        function c_full(context, dtype, ndim, shape, value, options) bind(C, name='ash_full') result(out)
            import :: c_array, c_make_options, c_ptr, c_int, c_int64_t
            type(c_ptr), value :: context
            integer(c_int), value :: dtype, ndim
            integer(c_int64_t), intent(in) :: shape(*)
            type(c_array), value :: value
            type(c_make_options), intent(in) :: options
            type(c_array) :: out
        end function
        function c_arange(context, start, stop, step, options) bind(C, name='ash_arange') result(out)
            import :: c_array, c_make_options, c_ptr, c_int64_t
            type(c_ptr), value :: context
            integer(c_int64_t), value :: start, stop, step
            type(c_make_options), intent(in) :: options
            type(c_array) :: out
        end function
        function c_linspace(context, start, stop, count, options) bind(C, name='ash_linspace') result(out)
            import :: c_array, c_make_options, c_ptr, c_int64_t, c_double
            type(c_ptr), value :: context
            real(c_double), value :: start, stop
            integer(c_int64_t), value :: count
            type(c_make_options), intent(in) :: options
            type(c_array) :: out
        end function
        function c_number_bool(context, value) bind(C, name='ash_bool') result(out)
            import :: c_array, c_ptr, c_bool
            type(c_ptr), value :: context
            logical(c_bool), value :: value
            type(c_array) :: out
        end function
        function c_number_int(context, value) bind(C, name='ash_int') result(out)
            import :: c_array, c_ptr, c_int64_t
            type(c_ptr), value :: context
            integer(c_int64_t), value :: value
            type(c_array) :: out
        end function
        function c_number_real(context, value) bind(C, name='ash_real') result(out)
            import :: c_array, c_ptr, c_double
            type(c_ptr), value :: context
            real(c_double), value :: value
            type(c_array) :: out
        end function
        function c_number_complex(context, re, im) bind(C, name='ash_complex') result(out)
            import :: c_array, c_ptr, c_double
            type(c_ptr), value :: context
            real(c_double), value :: re, im
            type(c_array) :: out
        end function

        function c_ok(a) bind(C, name='ash_ok') result(ok)
            import :: c_array, c_bool
            type(c_array), value :: a
            logical(c_bool) :: ok
        end function
        function c_array_status(a) bind(C, name='ash_array_status') result(status)
            import :: c_array, c_int
            type(c_array), value :: a
            integer(c_int) :: status
        end function
        function c_array_dtype(a) bind(C, name='ash_array_dtype') result(dtype)
            import :: c_array, c_int
            type(c_array), value :: a
            integer(c_int) :: dtype
        end function
        function c_ndim(a) bind(C, name='ash_ndim') result(ndim)
            import :: c_array, c_int
            type(c_array), value :: a
            integer(c_int) :: ndim
        end function
        function c_extent(a, axis) bind(C, name='ash_extent') result(extent)
            import :: c_array, c_int, c_int64_t
            type(c_array), value :: a
            integer(c_int), value :: axis
            integer(c_int64_t) :: extent
        end function
        function c_dim_name(a, axis) bind(C, name='ash_dim_name') result(text)
            import :: c_array, c_int, c_ptr
            type(c_array), value :: a
            integer(c_int), value :: axis
            type(c_ptr) :: text
        end function
        function c_attr(a, name) bind(C, name='ash_attr') result(text)
            import :: c_array, c_ptr
            type(c_array), value :: a
            type(c_ptr), value :: name
            type(c_ptr) :: text
        end function
        function c_set_attr(a, name, text) bind(C, name='ash_set_attr') result(out)
            import :: c_array, c_ptr
            type(c_array), value :: a
            type(c_ptr), value :: name, text
            type(c_array) :: out
        end function
        function c_cast(a, dtype) bind(C, name='ash_cast') result(out)
            import :: c_array, c_int
            type(c_array), value :: a
            integer(c_int), value :: dtype
            type(c_array) :: out
        end function
        function c_apply(context, op, n, inputs, params) bind(C, name='ash_apply') result(out)
            import :: c_array, c_ptr, c_int
            type(c_ptr), value :: context, op, params
            integer(c_int), value :: n
            type(c_array), intent(in) :: inputs(*)
            type(c_array) :: out
        end function
        function c_apply_many(context, op, n, inputs, params, noutputs, outputs) bind(C, name='ash_apply_many') result(status)
            import :: c_array, c_ptr, c_int
            type(c_ptr), value :: context, op, params
            integer(c_int), value :: n, noutputs
            type(c_array), intent(in) :: inputs(*)
            type(c_array), intent(inout) :: outputs(*)
            integer(c_int) :: status
        end function

        function c_compute(a, buffer, bytes, options) bind(C, name='ash_compute') result(status)
            import :: c_array, c_ptr, c_int, c_int64_t
            type(c_array), value :: a
            type(c_ptr), value :: buffer, options
            integer(c_int64_t), value :: bytes
            integer(c_int) :: status
        end function
        function c_open(context, path, variable, options) bind(C, name='ash_open') result(out)
            import :: c_array, c_open_options, c_ptr
            type(c_ptr), value :: context, path, variable
            type(c_open_options), intent(in) :: options
            type(c_array) :: out
        end function
        function c_open_raw(context, path, dtype, ndim, shape, options) bind(C, name='ash_open_raw') result(out)
            import :: c_array, c_raw_options, c_ptr, c_int, c_int64_t
            type(c_ptr), value :: context, path
            integer(c_int), value :: dtype, ndim
            integer(c_int64_t), intent(in) :: shape(*)
            type(c_raw_options), intent(in) :: options
            type(c_array) :: out
        end function
        function c_from_source(context, dtype, ndim, shape, read_box, user, options) bind(C, name='ash_from_source') result(out)
            import :: c_array, c_source_options, c_ptr, c_funptr, c_int, c_int64_t
            type(c_ptr), value :: context
            integer(c_int), value :: dtype, ndim
            integer(c_int64_t), intent(in) :: shape(*)
            type(c_funptr), value :: read_box
            type(c_ptr), value :: user
            type(c_source_options), intent(in) :: options
            type(c_array) :: out
        end function
        function c_store(a, write_box, user, options) bind(C, name='ash_store') result(status)
            import :: c_array, c_store_options, c_ptr, c_funptr, c_int
            type(c_array), value :: a
            type(c_funptr), value :: write_box
            type(c_ptr), value :: user
            type(c_store_options), intent(in) :: options
            integer(c_int) :: status
        end function
        function c_dataset_open(context, path, options) bind(C, name='ash_dataset_open') result(out)
            import :: c_dataset, c_dataset_options, c_ptr
            type(c_ptr), value :: context, path
            type(c_dataset_options), intent(in) :: options
            type(c_dataset) :: out
        end function
        function c_dataset_open_many(context, n, paths, options) bind(C, name='ash_dataset_open_many') result(out)
            import :: c_dataset, c_dataset_options, c_ptr, c_int64_t
            type(c_ptr), value :: context
            integer(c_int64_t), value :: n
            type(c_ptr), intent(in) :: paths(*)
            type(c_dataset_options), intent(in) :: options
            type(c_dataset) :: out
        end function
        function c_dataset_ok(dataset) bind(C, name='ash_dataset_ok') result(ok)
            import :: c_dataset, c_bool
            type(c_dataset), value :: dataset
            logical(c_bool) :: ok
        end function
        function c_dataset_variable(dataset, variable, options) bind(C, name='ash_dataset_variable') result(out)
            import :: c_array, c_dataset, c_open_options, c_ptr
            type(c_dataset), value :: dataset
            type(c_ptr), value :: variable
            type(c_open_options), intent(in) :: options
            type(c_array) :: out
        end function
        function c_dataset_text(dataset, variable, n, texts) bind(C, name='ash_dataset_text') result(status)
            import :: c_dataset, c_ptr, c_int, c_int64_t
            type(c_dataset), value :: dataset
            type(c_ptr), value :: variable
            integer(c_int64_t), intent(out) :: n
            type(c_ptr), intent(out) :: texts
            integer(c_int) :: status
        end function
        function c_dataset_describe(dataset) bind(C, name='ash_dataset_describe') result(text)
            import :: c_dataset, c_ptr
            type(c_dataset), value :: dataset
            type(c_ptr) :: text
        end function
        function c_dataset_variable_count(dataset) bind(C, name='ash_dataset_variable_count') result(n)
            import :: c_dataset, c_int64_t
            type(c_dataset), value :: dataset
            integer(c_int64_t) :: n
        end function
        function c_dataset_variable_info(dataset, k, info) bind(C, name='ash_dataset_variable_info') result(status)
            import :: c_dataset, c_variable_info, c_int, c_int64_t
            type(c_dataset), value :: dataset
            integer(c_int64_t), value :: k
            type(c_variable_info), intent(inout) :: info
            integer(c_int) :: status
        end function
        function c_dataset_attr(dataset, owner, name) bind(C, name='ash_dataset_attr') result(text)
            import :: c_dataset, c_ptr
            type(c_dataset), value :: dataset
            type(c_ptr), value :: owner, name
            type(c_ptr) :: text
        end function
        function c_sel(a, labels, options) bind(C, name='ash_sel_with') result(out)
            import :: c_array, c_sel_options, c_ptr
            type(c_array), value :: a
            type(c_ptr), value :: labels
            type(c_sel_options), intent(in) :: options
            type(c_array) :: out
        end function
        function c_write(a, path, name, options) bind(C, name='ash_write') result(status)
            import :: c_array, c_write_options, c_ptr, c_int
            type(c_array), value :: a
            type(c_ptr), value :: path, name
            type(c_write_options), intent(in) :: options
            integer(c_int) :: status
        end function
        function c_append(a, path, name, dim, options) bind(C, name='ash_append') result(status)
            import :: c_array, c_ptr, c_int
            type(c_array), value :: a
            type(c_ptr), value :: path, name, dim, options
            integer(c_int) :: status
        end function
        function c_write_region(a, path, name, region, options) bind(C, name='ash_write_region') result(status)
            import :: c_array, c_ptr, c_int
            type(c_array), value :: a
            type(c_ptr), value :: path, name, region, options
            integer(c_int) :: status
        end function
        function c_dataset_write(dataset, path, variables, options) bind(C, name='ash_dataset_write') result(status)
            import :: c_dataset, c_write_options, c_ptr, c_int
            type(c_dataset), value :: dataset
            type(c_ptr), value :: path, variables
            type(c_write_options), intent(in) :: options
            integer(c_int) :: status
        end function
        function c_strlen(text) bind(C, name='strlen') result(length)
            import :: c_ptr, c_size_t
            type(c_ptr), value :: text
            integer(c_size_t) :: length
        end function
    end interface

    abstract interface
        !> What most builders with one text look like: ash_index(a, "...").
        function c_text_builder(a, text) bind(C) result(out)
            import :: c_array, c_ptr
            type(c_array), value :: a
            type(c_ptr), value :: text
            type(c_array) :: out
        end function
    end interface

    procedure(c_text_builder), bind(C, name='ash_index') :: c_index
    procedure(c_text_builder), bind(C, name='ash_transpose') :: c_transpose
    procedure(c_text_builder), bind(C, name='ash_squeeze') :: c_squeeze
    procedure(c_text_builder), bind(C, name='ash_reshape') :: c_reshape
    procedure(c_text_builder), bind(C, name='ash_rechunk') :: c_rechunk
    procedure(c_text_builder), bind(C, name='ash_set_dims') :: c_set_dims
    procedure(c_text_builder), bind(C, name='ash_coord') :: c_coord
    procedure(c_text_builder), bind(C, name='ash_drop_coords') :: c_drop_coords
    procedure(c_text_builder), bind(C, name='ash_time_field') :: c_time_field
    interface
        function c_group_take(groups, dim, labels) bind(C, name='ash_group_take') result(out)
            import :: c_array, c_ptr
            type(c_array), value :: groups, labels
            type(c_ptr), value :: dim
            type(c_array) :: out
        end function
        function c_set_coord(a, dim, coord) bind(C, name='ash_set_coord') result(out)
            import :: c_array, c_ptr
            type(c_array), value :: a, coord
            type(c_ptr), value :: dim
            type(c_array) :: out
        end function
    end interface
end module
