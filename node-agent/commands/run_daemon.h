#pragma once

#include <filesystem>

#include "common/error.h"

namespace ecokube::agent {

/// Becomes the daemon, ecokube-agentd, which lies beside this program or where the package puts it
/// (../lib/ecokube-agent). Returns only when it can't.
[[nodiscard]] Result<int> run_daemon(const std::filesystem::path& config);

}  // namespace ecokube::agent
