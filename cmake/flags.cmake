# One interface target with the warnings, hardening and sanitizers that every part is compiled with.
add_library(spillway_flags INTERFACE)
target_compile_options(spillway_flags INTERFACE
  -Wall -Wextra -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wwrite-strings -Wundef
  # Results must not depend on what the compiler contracts or reorders.
  -ffp-contract=off -fno-fast-math
  -fstack-protector-strong)
target_compile_definitions(spillway_flags INTERFACE _POSIX_C_SOURCE=200809L _DEFAULT_SOURCE)
target_link_options(spillway_flags INTERFACE -Wl,-z,relro,-z,now)
if(SPILLWAY_WERROR)
  target_compile_options(spillway_flags INTERFACE -Werror)
endif()
if(SPILLWAY_SANITIZE)
  # Freed KV pages are filled with NaN, so that a read of one cannot go unseen.
  target_compile_definitions(spillway_flags INTERFACE SPILLWAY_POISON_PAGES)
  # Reports need lines and no variables (-g1).
  target_compile_options(spillway_flags INTERFACE -fsanitize=${SPILLWAY_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all -g1)
  target_link_options(spillway_flags INTERFACE -fsanitize=${SPILLWAY_SANITIZE})
elseif(CMAKE_BUILD_TYPE STREQUAL Release)
  target_compile_options(spillway_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()
if(SPILLWAY_COVERAGE)
  # Counters are shared by all threads; more optimisation would merge lines.
  target_compile_options(spillway_flags INTERFACE --coverage -fprofile-update=atomic -O1)
  target_link_options(spillway_flags INTERFACE --coverage)
endif()
set(CMAKE_C_FLAGS_RELEASE "-O2 -g")
set(CMAKE_C_FLAGS_DEBUG "-O0 -g3")
