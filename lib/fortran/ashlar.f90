!> Ashlar for Fortran: `use ashlar`. See the modules it gathers; docs/fortran.md says how Fortran and C differ.
module ashlar
    use ashlar_core, only: ash_context, ash_array, ash_context_new, ash_context_free, ash_error, ash_error_status, ash_error_clear, &
        ash_status_text, ash_scope_begin, ash_scope_end, ash_array_status, ash_array_dtype, ash_dtype_name, ash_ndim, &
        ash_shape, ash_dim_name, ash_attr, ash_number, ASH_SUCCESS, ASH_ERR_ARGUMENT, ASH_ERR_DTYPE, ASH_ERR_SHAPE, &
        ASH_ERR_DIMENSION, ASH_ERR_INDEX, ASH_ERR_HANDLE, ASH_ERR_NOT_FOUND, ASH_ERR_FORMAT, ASH_ERR_UNSUPPORTED, ASH_ERR_IO, &
        ASH_ERR_MEMORY, ASH_ERR_LIMIT, ASH_ERR_CANCELLED, ASH_ERR_INTERNAL, ASH_ERR_INTERRUPTED, ASH_BOOL, ASH_INT8, ASH_INT16, &
        ASH_INT32, ASH_INT64, ASH_UINT8, ASH_UINT16, ASH_UINT32, ASH_UINT64, ASH_FLOAT32, ASH_FLOAT64, ASH_COMPLEX64, ASH_COMPLEX128
    use ashlar_arrays, only: ash_zeros, ash_ones, ash_full, ash_arange, ash_linspace, ash_open, ash_open_raw, ash_write, &
        ash_append, ash_write_region, ash_apply, ash_apply_many, ash_cast, ash_index, ash_sel, ash_transpose, ash_squeeze, ash_reshape, ash_rechunk, ash_set_dims, ash_coord, &
        ash_set_coord, ash_drop_coords, ash_set_attr, ash_time_field, ash_group_take
    use ashlar_options, only: ash_run_options
    use ashlar_runs, only: ash_target, ash_compute_many, ash_persist, ash_release, ash_cancel, ash_interrupt
    use ashlar_seeing
    use ashlar_futures, only: ash_future, ash_submit, ash_future_array, ash_future_status, ash_future_wait, ash_future_wait_any, &
        ash_future_error, ash_future_cancel, ash_future_run, ash_future_release, ASH_FUTURE_PENDING, ASH_FUTURE_RUNNING, &
        ASH_FUTURE_FINISHED, ASH_FUTURE_FAILED, ASH_FUTURE_CANCELLED
    use ashlar_custom, only: ash_block, ash_call, ash_function, ash_register, ash_map_blocks, ash_map_blocks_many, ash_map_overlap, &
        ash_map_overlap_many, ash_delayed
    use ashlar_sources, only: ash_from_source, ash_read_box, ash_store, ash_write_box
    use ashlar_datasets, only: ash_dataset, ash_dataset_open, ash_dataset_variable, ash_dataset_text, ash_dataset_describe, &
        ash_dataset_names, ash_dataset_attr, ash_dataset_write, ash_ok
    use ashlar_elementwise
    use ashlar_reductions
    use ashlar_functions
    use ashlar_operators
    use ashlar_buffers
    use ashlar_views
    implicit none
    public
end module
