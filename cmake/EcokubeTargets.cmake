# One static library per folder and one-file executables, all compiled the same way.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")

add_library(ecokube_options INTERFACE)
target_compile_options(ecokube_options INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow
  $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)  # without it ccache cannot keep precompiled headers
# No file of ours needs 1 GB: the compiler need not stop to collect its garbage, a tenth of its time.
target_compile_options(ecokube_options INTERFACE
  $<$<CXX_COMPILER_ID:GNU>:--param=ggc-min-heapsize=1000000>)
# With several files in one unit, one's unnamed namespace looks to the compiler like a header's.
target_compile_options(ecokube_options INTERFACE
  $<$<AND:$<BOOL:${CMAKE_UNITY_BUILD}>,$<CXX_COMPILER_ID:GNU>>:-Wno-subobject-linkage>)
# What is not called costs a daemon no page: the shipped build leaves it out.
target_compile_options(ecokube_options INTERFACE
  $<$<CONFIG:RelWithDebInfo>:-ffunction-sections;-fdata-sections>)
target_link_options(ecokube_options INTERFACE
  $<$<CONFIG:RelWithDebInfo>:-Wl,--gc-sections,-z,pack-relative-relocs>)
target_include_directories(ecokube_options INTERFACE "${CMAKE_SOURCE_DIR}")
target_link_libraries(ecokube_options INTERFACE Threads::Threads)

# Asio and Beast are compiled once, in common/asio_src.cpp and common/beast_src.cpp.
add_library(ecokube_asio INTERFACE)
target_compile_definitions(ecokube_asio INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED BOOST_BEAST_SEPARATE_COMPILATION)
# g++ 12 takes Asio's inlined allocator of coroutine frames for a mismatch; a false alarm.
target_compile_options(ecokube_asio INTERFACE
  $<$<CXX_COMPILER_ID:GNU>:-Wno-mismatched-new-delete>)
target_link_libraries(ecokube_asio INTERFACE Boost::headers OpenSSL::SSL OpenSSL::Crypto)

# ecokube_library(NAME SOURCES a.cpp ... LINK target ...)
function(ecokube_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC ecokube_options ${ARG_LINK})
  set_property(GLOBAL APPEND PROPERTY ECOKUBE_TARGETS ${name})
endfunction()

# ecokube_program(NAME MAIN main.cpp LINK target ...): the executable `NAME` in bin/. Its main sees
# ECOKUBE_VERSION for --version.
function(ecokube_program name)
  cmake_parse_arguments(ARG "" "MAIN" "LINK" ${ARGN})
  add_executable(${name} ${ARG_MAIN})
  target_link_libraries(${name} PRIVATE ecokube_options ecokube_program ${ARG_LINK})
  target_compile_definitions(${name} PRIVATE ECOKUBE_VERSION="${PROJECT_VERSION}")
  set_property(GLOBAL APPEND PROPERTY ECOKUBE_TARGETS ${name})
endfunction()
