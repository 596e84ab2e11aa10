#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/json/value.hpp>
#include <filesystem>
#include <string>

#include "common/error.h"

namespace ecokube::lab {

/// Has QEMU do one command of its machine protocol (QMP) without arguments, by a connection made
/// for it: what it returned.
[[nodiscard]] boost::asio::awaitable<Result<boost::json::value>> ask_qemu(
    boost::asio::any_io_executor executor, std::filesystem::path socket, std::string command);

}  // namespace ecokube::lab
