#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>

#include "common/error.h"

namespace ecokube {

/// Asks a one-shot helper at its Unix socket one line and returns the line that it answers, both
/// without their ends. not_found: there is no such socket, so the helper is not installed. Else
/// forbidden, unreachable, timeout, or protocol when it answers no line of kHelperAnswerMax bytes.
[[nodiscard]] boost::asio::awaitable<Result<std::string>> ask_helper(
    boost::asio::any_io_executor executor, std::filesystem::path socket, std::string question,
    std::chrono::milliseconds limit);
/// For people, why the call failed and what helps: `command`, or where it was forbidden another
/// user.
[[nodiscard]] std::string why_unanswered(std::string_view helper,
                                         const std::filesystem::path& socket, const Error& error,
                                         std::string_view command);

}  // namespace ecokube
