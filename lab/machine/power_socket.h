#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "common/error.h"

namespace ecokube::lab {

/// Where a machine listens for its power button.
[[nodiscard]] std::filesystem::path power_socket_path(const std::filesystem::path& machine);

/// A listening Unix socket; a stale file is replaced. The descriptor is the caller's.
[[nodiscard]] Result<int> listen_on_power_socket(const std::filesystem::path& path);

/// Serves one waiting client: a word in, a line out.
using PowerCommand = std::function<std::string(std::string_view)>;
void serve_power_client(int listener, const PowerCommand& command);

/// What lab-power does: sends a word, returns the answer.
[[nodiscard]] Result<std::string> ask_machine(const std::filesystem::path& machine,
                                              std::string_view word,
                                              std::chrono::milliseconds limit);

}  // namespace ecokube::lab
