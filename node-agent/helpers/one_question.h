#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "common/error.h"

namespace ecokube::agent {

inline constexpr const char* kAgentUser = "ecokube-agent";
inline constexpr std::size_t kQuestionMax = 64;  ///< bytes, with the line's end
inline constexpr std::chrono::seconds kQuestionLimit{2};

/// Whether the peer of this Unix socket is root or the agent's user (SO_PEERCRED).
[[nodiscard]] Result<void> check_peer(int connection);

/// The peer's one line, without its end.
[[nodiscard]] Result<std::string> read_question(int connection);

/// A helper's whole life, on the connection that systemd gave it: checks who asks, reads one line,
/// writes the answer (a line with its end) and returns the exit code. What goes wrong is answered
/// with "problem=..." and logged.
[[nodiscard]] int answer_one_question(int connection,
                                      const std::function<std::string(std::string_view)>& answer);

}  // namespace ecokube::agent
