# The binary is generic: each SIMD file is compiled for its own instruction set, and table.c chooses at run time.  Their
# templates expand to long straight code.  Sanitizers make it slow to optimise, so they get -O1; fuzzing never reaches it,
# so it is not optimised there.
set(SIMD_OPTIMISATION -O3)
if(SPILLWAY_SANITIZE OR SPILLWAY_COVERAGE)
  set(SIMD_OPTIMISATION -O1)
endif()
if(SPILLWAY_FUZZ)
  set(SIMD_OPTIMISATION -O0)
endif()
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  file(GLOB AVX2_SOURCES CONFIGURE_DEPENDS src/lib/kernels/x86/*avx2.c)
  file(GLOB AVXVNNI_SOURCES CONFIGURE_DEPENDS src/lib/kernels/x86/*avxvnni.c)
  file(GLOB AVX512_SOURCES CONFIGURE_DEPENDS src/lib/kernels/x86/*avx512.c)
  set_source_files_properties(${AVX2_SOURCES} PROPERTIES COMPILE_OPTIONS
    "-mavx2;-mfma;-mf16c;${SIMD_OPTIMISATION}")
  set_source_files_properties(${AVXVNNI_SOURCES} PROPERTIES COMPILE_OPTIONS
    "-mavx2;-mfma;-mf16c;-mavxvnni;${SIMD_OPTIMISATION}")
  set_source_files_properties(${AVX512_SOURCES} PROPERTIES COMPILE_OPTIONS
    "-mavx2;-mfma;-mf16c;-mavx512f;-mavx512bw;-mavx512dq;-mavx512vl;-mavx512vnni;${SIMD_OPTIMISATION}")
  # Otherwise gcc computes all products of a group first, keeps them on the stack, and adds them up in trees: half as fast.
  if(CMAKE_C_COMPILER_ID STREQUAL GNU)
    set_property(SOURCE src/lib/kernels/x86/matmul_avx2.c APPEND PROPERTY COMPILE_OPTIONS -fno-tree-reassoc -fno-tree-ter)
  endif()
  list(APPEND KERNEL_SOURCES ${AVX2_SOURCES} ${AVXVNNI_SOURCES} ${AVX512_SOURCES})
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
  file(GLOB NEON_SOURCES CONFIGURE_DEPENDS src/lib/kernels/arm/*neon.c)
  file(GLOB DOTPROD_SOURCES CONFIGURE_DEPENDS src/lib/kernels/arm/*dotprod.c)
  # gcc's scheduler runs before registers are allocated and interleaves so much that the sums of the products do not fit
  # them: without it, less than half of the loads and stores of sums are left.  Tracking variables through straight code of
  # this length is half of the compile time; lines are still in the debug information.
  if(CMAKE_C_COMPILER_ID STREQUAL GNU)
    list(APPEND SIMD_OPTIMISATION -fno-schedule-insns -fno-var-tracking)
  endif()
  set_source_files_properties(${NEON_SOURCES} PROPERTIES COMPILE_OPTIONS "${SIMD_OPTIMISATION}")
  set_source_files_properties(${DOTPROD_SOURCES} PROPERTIES COMPILE_OPTIONS
    "-march=armv8.2-a+dotprod;${SIMD_OPTIMISATION}")
  list(APPEND KERNEL_SOURCES ${NEON_SOURCES} ${DOTPROD_SOURCES})
endif()
