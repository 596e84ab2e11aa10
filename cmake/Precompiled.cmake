# Headers that most files need are parsed once and reused: this takes a third off a cold build. Which
# set a target takes follows from what it links. Sources include what they use all the same: the lint
# preset builds without any of this.
set(ECOKUBE_STD_HEADERS
  <algorithm> <array> <chrono> <cstdint> <expected> <filesystem> <fstream> <functional> <map>
  <memory> <optional> <set> <span> <sstream> <string> <string_view> <utility> <variant> <vector>)
set(ECOKUBE_ASIO_HEADERS
  <boost/asio/as_tuple.hpp> <boost/asio/awaitable.hpp> <boost/asio/co_spawn.hpp>
  <boost/asio/experimental/awaitable_operators.hpp> <boost/asio/io_context.hpp>
  <boost/asio/ip/tcp.hpp> <boost/asio/post.hpp> <boost/asio/steady_timer.hpp>
  <boost/asio/use_awaitable.hpp> <boost/json.hpp> <fmt/format.h> <spdlog/spdlog.h>)
set(ECOKUBE_TEST_HEADERS <gmock/gmock.h> <gtest/gtest.h>)

# Sets `result` to whether `target` links ecokube_asio, however indirectly.
function(ecokube_links_asio target result)
  set(${result} OFF PARENT_SCOPE)
  if(target STREQUAL ecokube_asio)
    set(${result} ON PARENT_SCOPE)
    return()
  endif()
  if(NOT target MATCHES "^ecokube_" AND NOT target IN_LIST ARGN)
    return()
  endif()
  get_target_property(links ${target} LINK_LIBRARIES)
  foreach(link IN LISTS links)
    ecokube_links_asio(${link} found)
    if(found)
      set(${result} ON PARENT_SCOPE)
      return()
    endif()
  endforeach()
endfunction()

function(ecokube_precompiled name)
  cmake_parse_arguments(ARG "" "" "HEADERS;LINK" ${ARGN})
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/${name}.cpp CONTENT "")
  add_library(${name} OBJECT ${CMAKE_BINARY_DIR}/${name}.cpp)
  target_link_libraries(${name} PRIVATE ecokube_options ${ARG_LINK})
  target_precompile_headers(${name} PRIVATE ${ARG_HEADERS})
endfunction()

# Called once all targets are there: gives each of ours its set.
function(ecokube_precompile)
  if(CMAKE_DISABLE_PRECOMPILE_HEADERS)
    return()
  endif()
  set(asio ecokube_asio spdlog::spdlog Boost::json)
  ecokube_precompiled(pch HEADERS ${ECOKUBE_STD_HEADERS})
  ecokube_precompiled(pch_asio HEADERS ${ECOKUBE_STD_HEADERS} ${ECOKUBE_ASIO_HEADERS} LINK ${asio})
  if(ECOKUBE_TESTS)
    ecokube_precompiled(pch_test
      HEADERS ${ECOKUBE_STD_HEADERS} ${ECOKUBE_TEST_HEADERS} LINK GTest::gtest GTest::gmock)
    ecokube_precompiled(pch_asio_test
      HEADERS ${ECOKUBE_STD_HEADERS} ${ECOKUBE_ASIO_HEADERS} ${ECOKUBE_TEST_HEADERS}
      LINK ${asio} GTest::gtest GTest::gmock)
  endif()
  get_property(targets GLOBAL PROPERTY ECOKUBE_TARGETS)
  get_property(tests GLOBAL PROPERTY ECOKUBE_TEST_TARGETS)
  foreach(target IN LISTS targets tests)
    ecokube_links_asio(${target} asio ${target})
    set(pch pch)
    if(asio)
      string(APPEND pch _asio)
    endif()
    if(target IN_LIST tests)
      string(APPEND pch _test)
    endif()
    target_precompile_headers(${target} REUSE_FROM ${pch})
  endforeach()
endfunction()
