# Kernels for GPUs.  clang compiles every src/lib/gpu/kernels/*.cu to PTX, which travels in the library as text; the driver of
# the machine that runs it does the rest, so no CUDA toolkit is needed here or there.
#   SPILLWAY_GPU  AUTO: with clang they are built, without it they are left out, and opening a GPU says so; ON: clang must be
#                 there; OFF: they are left out
# Builds with tests compile the same sources for this processor too: a device emu:SIZE runs them.
set(SPILLWAY_GPU AUTO CACHE STRING "Build the GPU's kernels: AUTO (if clang is there), ON or OFF")
set_property(CACHE SPILLWAY_GPU PROPERTY STRINGS AUTO ON OFF)

# Turing is the oldest generation with the instructions that the kernels need; Ampere and later have more of them.
set(GPU_GENERATIONS 75 80)
file(GLOB GPU_KERNELS CONFIGURE_DEPENDS src/lib/gpu/kernels/*.cu)
file(GLOB GPU_HEADERS CONFIGURE_DEPENDS src/lib/gpu/kernels/*.h)
list(APPEND GPU_HEADERS ${CMAKE_SOURCE_DIR}/src/lib/quant/tile_layout.h ${CMAKE_SOURCE_DIR}/src/lib/quant/formats.h)

set(GPU_MISSING "")
if(NOT SPILLWAY_GPU)
  set(GPU_MISSING "it was built with -DSPILLWAY_GPU=OFF")
else()
  find_program(SPILLWAY_CLANG NAMES clang clang-14 clang-15 clang-16 DOC "clang, which compiles the GPU's kernels")
  if(NOT SPILLWAY_CLANG)
    set(GPU_MISSING "clang was not installed where it was built; install clang and build again")
    if(NOT SPILLWAY_GPU STREQUAL AUTO)
      message(FATAL_ERROR "SPILLWAY_GPU=${SPILLWAY_GPU} needs clang; install it, or use -DSPILLWAY_GPU=OFF")
    endif()
  endif()
endif()

# -ffp-contract=off and the PTX's written roundings are what makes the bits those of the CPU.
set(GPU_FLAGS -x cuda --cuda-device-only -nocudainc -nocudalib -O3 -ffp-contract=off -Wall -Wextra -Werror
  -Wno-unknown-cuda-version -Wno-pass-failed -fcuda-short-ptr -mllvm --nvptx-short-ptr
  -Xclang -target-feature -Xclang +ptx74 -I${CMAKE_SOURCE_DIR}/src/lib)

# The table CUDA_PTX (src/lib/gpu/cuda_modules.h), whose texts the assembler includes.
set(table "#include \"gpu/cuda_modules.h\"\n")
set(rows "")
if(GPU_MISSING)
  message(STATUS "GPU kernels are left out: ${GPU_MISSING}")
else()
  foreach(source ${GPU_KERNELS})
    get_filename_component(name ${source} NAME_WE)
    foreach(generation ${GPU_GENERATIONS})
      set(ptx ${CMAKE_BINARY_DIR}/ptx/${name}.${generation}.ptx)
      add_custom_command(OUTPUT ${ptx}
        COMMAND ${SPILLWAY_CLANG} ${GPU_FLAGS} --cuda-gpu-arch=sm_${generation} -S ${source} -o ${ptx}
        COMMAND sed -i -e "/^[[:space:]]*\\/\\//d" -e "/^[[:space:]]*$/d" ${ptx}
        DEPENDS ${source} ${GPU_HEADERS}
        COMMENT "Compiling ${name}.cu for sm_${generation}" VERBATIM)
      list(APPEND GPU_PTX ${ptx})
      string(APPEND table "__asm__(\".section .rodata\\n.global ptx_${name}_${generation}\\nptx_${name}_${generation}:\\n"
        ".incbin \\\"${ptx}\\\"\\n.byte 0\\n.previous\");\n"
        "extern const unsigned char ptx_${name}_${generation}[];\n")
      string(APPEND rows "    {\"${name}\", ${generation}, ptx_${name}_${generation}},\n")
    endforeach()
  endforeach()
endif()
string(APPEND table "const cuda_ptx CUDA_PTX[] = {\n${rows}    {0},\n};\n"
  "const char *const CUDA_PTX_MISSING = \"${GPU_MISSING}\";\n")
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/ptx)
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/ptx/ptx_table.c CONTENT "${table}" @ONLY)
set_source_files_properties(${CMAKE_BINARY_DIR}/ptx/ptx_table.c PROPERTIES OBJECT_DEPENDS "${GPU_PTX}")
list(APPEND LIB_SOURCES ${CMAKE_BINARY_DIR}/ptx/ptx_table.c)

# The emulation.  Kernels are C there; a jump between the stacks of two fibers is what glibc's check of jumps is against.
if(SPILLWAY_TESTS)
  set_source_files_properties(${GPU_KERNELS} PROPERTIES LANGUAGE C COMPILE_OPTIONS "-x;c;-Wno-unknown-pragmas")
  set_source_files_properties(src/lib/gpu/emu_fiber.c PROPERTIES COMPILE_OPTIONS "-U_FORTIFY_SOURCE")
  list(APPEND LIB_SOURCES ${GPU_KERNELS})
  list(FILTER LIB_SOURCES EXCLUDE REGEX "/gpu/emu_missing\\.c$")
else()
  list(FILTER LIB_SOURCES EXCLUDE REGEX "/gpu/emu_(device|fault|fiber|run|stream)\\.c$")
endif()
