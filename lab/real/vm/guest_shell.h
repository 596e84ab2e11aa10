#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>

#include "common/error.h"

namespace ecokube::lab {

/// What root runs in a virtual machine, on its second serial line. Once a second it says "ready",
/// unless it is at work; a command is a line "NUMBER BASE64", its answer "NUMBER EXIT-CODE BASE64".
extern const std::string_view kGuestShell;

/// Has the guest at the other end of `socket` run a shell command, once it is up: what it printed;
/// refused when it ended with another code than 0.
[[nodiscard]] boost::asio::awaitable<Result<std::string>> run_in_guest(
    boost::asio::any_io_executor executor, std::filesystem::path socket, std::string command,
    std::chrono::milliseconds limit);

}  // namespace ecokube::lab
