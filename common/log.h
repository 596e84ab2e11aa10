#pragma once

#include <spdlog/spdlog.h>

#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include "common/error.h"

namespace ecokube::log {

// Levels say the consequence: error: an intended action failed; warning: input or a peer
// misbehaved and we coped; info: one line for each decision and state change, with key=value
// fields; debug: the rest.
using spdlog::debug;
using spdlog::error;
using spdlog::info;
using spdlog::warn;

/// Logs to standard error. `level` is debug, info, warning or error. Under systemd (JOURNAL_STREAM
/// is set) lines carry no time of their own, the journal has it.
Result<void> start(std::string_view program, std::string_view level);

/// What nobody foresaw, if anything was thrown, as an error line: `what` and the reason.
void thrown(std::string_view what, const std::exception_ptr& error);

/// The same as what co_spawn calls when a coroutine ends that nobody waits for.
[[nodiscard]] inline auto thrown(std::string what) {
  return [what = std::move(what)](const std::exception_ptr& error) { thrown(what, error); };
}

/// Of a coroutine that we cancel, whose ordinary end is operation_aborted.
void thrown_unless_cancelled(std::string_view what, const std::exception_ptr& error);

[[nodiscard]] inline auto thrown_unless_cancelled(std::string what) {
  return [what = std::move(what)](const std::exception_ptr& error) {
    thrown_unless_cancelled(what, error);
  };
}

}  // namespace ecokube::log
