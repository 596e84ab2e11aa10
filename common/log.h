#pragma once

#include <spdlog/spdlog.h>

#include <string_view>

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

}  // namespace ecokube::log
