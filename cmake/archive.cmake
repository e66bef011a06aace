# libspillway.a for other programs: ground and library in one object that exports exactly the names of include/.  What the
# header does not declare is local to it, so that no name of ours can meet one of the program that links it.
set(SPILLWAY_ARCHIVE ${CMAKE_BINARY_DIR}/libspillway.a)
add_custom_command(OUTPUT ${SPILLWAY_ARCHIVE}
  COMMAND ${CMAKE_SOURCE_DIR}/scripts/archive ${SPILLWAY_ARCHIVE} ${CMAKE_SOURCE_DIR}/include
          ${CMAKE_C_COMPILER} ${CMAKE_OBJCOPY} ${CMAKE_AR} $<TARGET_FILE:spillway_base> $<TARGET_FILE:spillway_core>
  DEPENDS spillway_base spillway_core ${CMAKE_SOURCE_DIR}/scripts/archive include/spillway.h include/spillway/error.h
  COMMENT "Linking libspillway.a" VERBATIM)
add_custom_target(libspillway ALL DEPENDS ${SPILLWAY_ARCHIVE})
