!> What a run will do, and what one did: for one array or a list of them.
module ashlar_seeing
    use, intrinsic :: iso_c_binding
    use ashlar_c
    use ashlar_c_runs
    use ashlar_core
    use ashlar_options
    implicit none
    private

    public :: ash_explain, ash_explain_json, ash_explain_last, ash_explain_last_json, ash_graph, ash_graph_text
    public :: ash_plan_info, ash_plan_query, ash_last_run

    interface ash_explain
        procedure :: explain_one, explain_several
    end interface
    interface ash_explain_json
        procedure :: explain_json_one, explain_json_several
    end interface
    interface ash_graph
        procedure :: graph_one, graph_several
    end interface
    interface ash_graph_text
        procedure :: graph_text_one, graph_text_several
    end interface
    interface ash_plan_query
        procedure :: plan_query_one, plan_query_several
    end interface

contains

    !> The context of the first; NULL for an empty list.
    function first_context(arrays) result(context)
        type(ash_array), intent(in) :: arrays(:)
        type(c_ptr) :: context

        context = c_null_ptr
        if (size(arrays) > 0) context = arrays(1)%handle%context
    end function

    !> The plan as text; '' on failure.
    function explain_several(arrays, options) result(text)
        type(ash_array), intent(in) :: arrays(:)
        type(ash_run_options), intent(in), optional :: options
        character(:), allocatable :: text
        type(held_options), target :: held

        text = f_text(c_explain(first_context(arrays), size(arrays), arrays%handle, run_options(held, options)))
    end function

    function explain_one(a, options) result(text)
        type(ash_array), intent(in) :: a
        type(ash_run_options), intent(in), optional :: options
        character(:), allocatable :: text

        text = explain_several([a], options)
    end function

    !> The same as JSON.
    function explain_json_several(arrays, options) result(text)
        type(ash_array), intent(in) :: arrays(:)
        type(ash_run_options), intent(in), optional :: options
        character(:), allocatable :: text
        type(held_options), target :: held

        text = f_text(c_explain_json(first_context(arrays), size(arrays), arrays%handle, run_options(held, options)))
    end function

    function explain_json_one(a, options) result(text)
        type(ash_array), intent(in) :: a
        type(ash_run_options), intent(in), optional :: options
        character(:), allocatable :: text

        text = explain_json_several([a], options)
    end function

    !> The plan of the last run, with what was measured; '' if there is none.
    function ash_explain_last(context) result(text)
        type(ash_context), intent(in) :: context
        character(:), allocatable :: text

        text = f_text(c_explain_last(context%pointer))
    end function

    function ash_explain_last_json(context) result(text)
        type(ash_context), intent(in) :: context
        character(:), allocatable :: text

        text = f_text(c_explain_last_json(context%pointer))
    end function

    !> How a graph is drawn: chunks where there are at most `tasks` of them.
    subroutine graph_options(how, held, tasks, options)
        type(c_graph_options), intent(out) :: how
        type(held_options), target, intent(inout) :: held
        integer, intent(in), optional :: tasks
        type(ash_run_options), intent(in), optional :: options

        how%size = c_sizeof(how)
        if (present(tasks)) how%tasks = int(tasks, c_int32_t)
        how%compute = run_options(held, options)
    end subroutine

    !> The plan as a graph into a file: DOT, or a drawing if the path ends in .svg.
    subroutine graph_several(arrays, path, status, tasks, options)
        type(ash_array), intent(in) :: arrays(:)
        character(*), intent(in) :: path
        integer, intent(out), optional :: status
        integer, intent(in), optional :: tasks
        type(ash_run_options), intent(in), optional :: options
        character(kind=c_char), allocatable, target :: path_text(:)
        type(held_options), target :: held
        type(c_graph_options) :: how

        call graph_options(how, held, tasks, options)
        call report(c_graph(first_context(arrays), size(arrays), arrays%handle, c_text(path_text, path), how), status)
    end subroutine

    subroutine graph_one(a, path, status, tasks, options)
        type(ash_array), intent(in) :: a
        character(*), intent(in) :: path
        integer, intent(out), optional :: status
        integer, intent(in), optional :: tasks
        type(ash_run_options), intent(in), optional :: options

        call graph_several([a], path, status, tasks, options)
    end subroutine

    !> The text of the graph; '' on failure.
    function graph_text_several(arrays, tasks, options) result(text)
        type(ash_array), intent(in) :: arrays(:)
        integer, intent(in), optional :: tasks
        type(ash_run_options), intent(in), optional :: options
        character(:), allocatable :: text
        type(held_options), target :: held
        type(c_graph_options) :: how

        call graph_options(how, held, tasks, options)
        text = f_text(c_graph_text(first_context(arrays), size(arrays), arrays%handle, how))
    end function

    function graph_text_one(a, tasks, options) result(text)
        type(ash_array), intent(in) :: a
        integer, intent(in), optional :: tasks
        type(ash_run_options), intent(in), optional :: options
        character(:), allocatable :: text

        text = graph_text_several([a], tasks, options)
    end function

    !> Figures of the plan, before anything runs.
    subroutine plan_query_several(arrays, info, status, options)
        type(ash_array), intent(in) :: arrays(:)
        type(ash_plan_info), intent(out) :: info
        integer, intent(out), optional :: status
        type(ash_run_options), intent(in), optional :: options
        type(held_options), target :: held

        info%size = c_sizeof(info)
        call report(c_plan_query(first_context(arrays), size(arrays), arrays%handle, run_options(held, options), info), status)
    end subroutine

    subroutine plan_query_one(a, info, status, options)
        type(ash_array), intent(in) :: a
        type(ash_plan_info), intent(out) :: info
        integer, intent(out), optional :: status
        type(ash_run_options), intent(in), optional :: options

        call plan_query_several([a], info, status, options)
    end subroutine

    !> Figures of the last run, also of one that failed.
    function ash_last_run(context) result(info)
        type(ash_context), intent(in) :: context
        type(ash_plan_info) :: info

        info = c_last_run(context%pointer)
    end function
end module
