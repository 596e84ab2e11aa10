#pragma once

#include <filesystem>
#include <string>

#include "common/error.h"
#include "coordinator/power/bmc_access.h"

namespace ecokube {

/// Errc::config unless it is a regular file that nobody but its owner may read or change.
[[nodiscard]] Result<void> check_password_file(const std::filesystem::path& file);

/// The first line of its file, after the same check, or its variable. Errc::config also where that
/// is empty.
[[nodiscard]] Result<std::string> read_password(const PasswordSource& source);

}  // namespace ecokube
