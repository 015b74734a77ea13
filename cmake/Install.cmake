# Installed: the library, the public headers, and what pkg-config and CMake need to find them.
include(CMakePackageConfigHelpers)

set(ASHLAR_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/ashlar)

install(TARGETS ashlar EXPORT ashlarTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/ashlar ${ASHLAR_GENERATED}/include/ashlar DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")

if(ASHLAR_WITH_FORTRAN)
  install(TARGETS ashlar_fortran EXPORT ashlarTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(DIRECTORY ${ASHLAR_FORTRAN_MODULES}/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/ashlar/fortran FILES_MATCHING PATTERN "ashlar*.mod")
endif()

install(EXPORT ashlarTargets NAMESPACE ashlar:: FILE ashlarTargets.cmake DESTINATION ${ASHLAR_CMAKE_DIR})
configure_package_config_file(cmake/ashlarConfig.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/ashlarConfig.cmake INSTALL_DESTINATION ${ASHLAR_CMAKE_DIR})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/ashlarConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/ashlarConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/ashlarConfigVersion.cmake DESTINATION ${ASHLAR_CMAKE_DIR})

# From <prefix>/<libdir>/pkgconfig up to the prefix, so that the installed folder may be moved.
string(REGEX REPLACE "[^/]+" ".." ASHLAR_PC_UP "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
  set(ASHLAR_PC_PREFIX "${CMAKE_INSTALL_PREFIX}")
else()
  set(ASHLAR_PC_PREFIX "\${pcfiledir}/${ASHLAR_PC_UP}")
endif()
configure_file(cmake/ashlar.pc.in ${CMAKE_CURRENT_BINARY_DIR}/ashlar.pc @ONLY)
if(ASHLAR_WITH_FORTRAN)
  configure_file(cmake/ashlar-fortran.pc.in ${CMAKE_CURRENT_BINARY_DIR}/ashlar-fortran.pc @ONLY)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/ashlar-fortran.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endif()
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/ashlar.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(FILES LICENSE README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
