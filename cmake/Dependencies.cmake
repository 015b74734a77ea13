# Everything comes from the system's packages. What is missing is named with the package that has it.

find_package(PkgConfig QUIET)
find_package(OpenMP COMPONENTS C)
if(NOT OpenMP_C_FOUND)
  message(FATAL_ERROR "OpenMP for C was not found: use a compiler with OpenMP (Debian, Ubuntu: gcc)")
endif()

# HDF5 and NetCDF-C become two interface targets whatever way they are found.
add_library(ashlar_hdf5 INTERFACE)
add_library(ashlar_netcdf INTERFACE)

if(PkgConfig_FOUND)
  pkg_search_module(HDF5 QUIET IMPORTED_TARGET hdf5-serial hdf5)
  pkg_check_modules(NETCDF QUIET IMPORTED_TARGET netcdf)
endif()
if(HDF5_FOUND)
  target_link_libraries(ashlar_hdf5 INTERFACE PkgConfig::HDF5)
else()
  find_package(HDF5 COMPONENTS C)
  if(NOT HDF5_FOUND)
    message(FATAL_ERROR "HDF5 was not found (Debian, Ubuntu: libhdf5-dev)")
  endif()
  target_include_directories(ashlar_hdf5 INTERFACE ${HDF5_C_INCLUDE_DIRS})
  target_link_libraries(ashlar_hdf5 INTERFACE ${HDF5_C_LIBRARIES})
endif()
if(NOT NETCDF_FOUND)
  find_library(NETCDF_LIBRARY netcdf)
  find_path(NETCDF_INCLUDE_DIR netcdf.h)
  if(NOT NETCDF_LIBRARY OR NOT NETCDF_INCLUDE_DIR)
    message(FATAL_ERROR "NetCDF-C was not found (Debian, Ubuntu: libnetcdf-dev)")
  endif()
  target_include_directories(ashlar_netcdf INTERFACE ${NETCDF_INCLUDE_DIR})
  target_link_libraries(ashlar_netcdf INTERFACE ${NETCDF_LIBRARY})
else()
  target_link_libraries(ashlar_netcdf INTERFACE PkgConfig::NETCDF)
endif()

if(ASHLAR_WITH_PNG)
  find_package(PNG QUIET) # examples only
endif()

find_program(AWK NAMES mawk gawk awk REQUIRED)
