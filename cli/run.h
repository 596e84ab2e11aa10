#pragma once

#include "cli/command.h"

namespace ecokube::cli {

/// Does what was asked for; the exit code.
[[nodiscard]] int run(const Command& command);

}  // namespace ecokube::cli
