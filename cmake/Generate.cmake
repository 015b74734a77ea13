# Writes what follows from the tables of lib/expr: descriptors, loops, the public functions and a page of documentation.
# Sets ASHLAR_GENERATED_SOURCES (for the core layer) and ASHLAR_GENERATED_KERNEL_SOURCES; the target ashlar_generated stands for all files.

set(ASHLAR_TABLES)
foreach(table operations reductions functions aliases)
  list(APPEND ASHLAR_TABLES ${CMAKE_CURRENT_SOURCE_DIR}/lib/expr/${table}.table)
endforeach()
set(ASHLAR_GENERATED_FILES)

# One file: written by cmake/generate/<script>.awk, which is given the remaining arguments as awk variables.
function(ashlar_generate file script)
  set(scripts ${CMAKE_CURRENT_SOURCE_DIR}/cmake/generate/parse.awk ${CMAKE_CURRENT_SOURCE_DIR}/cmake/generate/${script}.awk)
  set(path ${ASHLAR_GENERATED}/${file})
  get_filename_component(folder ${path} DIRECTORY)
  file(MAKE_DIRECTORY ${folder})
  set(variables)
  foreach(variable ${ARGN})
    list(APPEND variables -v ${variable})
  endforeach()
  list(GET scripts 0 parse)
  list(GET scripts 1 write)
  add_custom_command(OUTPUT ${path}
    COMMAND ${AWK} -v out=${path} ${variables} -f ${parse} -f ${write} ${ASHLAR_TABLES}
    DEPENDS ${ASHLAR_TABLES} ${scripts} COMMENT "Writing ${file}" VERBATIM)
  set(ASHLAR_GENERATED_FILES ${ASHLAR_GENERATED_FILES} ${path} PARENT_SCOPE)
endfunction()

ashlar_generate(kernels/operations.h descriptors part=header)
ashlar_generate(kernels/operations.c descriptors part=source)
foreach(kind b i u f c)
  ashlar_generate(kernels/loops_${kind}.h loops kind=${kind} once=0)
  ashlar_generate(kernels/loops_once_${kind}.h loops kind=${kind} once=1)
endforeach()
ashlar_generate(include/ashlar/ops.h ops part=header)
ashlar_generate(include/ashlar/mix.h mix)
ashlar_generate(expr/ops.c ops part=source)
ashlar_generate(include/ashlar/reduce.h reduce part=header)
ashlar_generate(expr/reductions.c reduce part=source)
ashlar_generate(expr/functions.c functions)
ashlar_generate(operations.md markdown)

if(ASHLAR_WITH_FORTRAN)
  foreach(part elementwise reductions functions operators buffers views test)
    ashlar_generate(fortran/ashlar_${part}.f90 fortran part=${part})
  endforeach()
endif()

set(ASHLAR_GENERATED_SOURCES ${ASHLAR_GENERATED}/expr/ops.c ${ASHLAR_GENERATED}/expr/reductions.c ${ASHLAR_GENERATED}/expr/functions.c)
set(ASHLAR_GENERATED_KERNEL_SOURCES ${ASHLAR_GENERATED}/kernels/operations.c)
add_custom_target(ashlar_generated DEPENDS ${ASHLAR_GENERATED_FILES})
