# Flags every part of the project is compiled with. No -ffast-math anywhere: results are part of the contract.
add_library(ashlar_flags INTERFACE)
target_compile_definitions(ashlar_flags INTERFACE _GNU_SOURCE)
target_compile_options(ashlar_flags INTERFACE -Wall -Wextra -Wstrict-prototypes -Wmissing-prototypes -Wshadow -Wvla
  -fno-math-errno -fno-trapping-math -ffp-contract=off)
if(ASHLAR_WERROR)
  target_compile_options(ashlar_flags INTERFACE -Werror)
endif()
if(ASHLAR_SANITIZE)
  target_compile_options(ashlar_flags INTERFACE -fsanitize=${ASHLAR_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(ashlar_flags INTERFACE -fsanitize=${ASHLAR_SANITIZE})
endif()
set(CMAKE_C_FLAGS_RELEASE "-O3 -g -DNDEBUG")
