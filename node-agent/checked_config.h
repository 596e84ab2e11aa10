#pragma once

#include <filesystem>

#include "node-agent/config.h"

namespace ecokube::agent {

/// Loads what the configuration names (certificates, key) and says the first that is wrong.
[[nodiscard]] Result<void> check_files(const Config& config);
/// read_config() of a file whose check_files() finds nothing wrong.
[[nodiscard]] Result<Config> read_checked_config(const std::filesystem::path& file);

}  // namespace ecokube::agent
