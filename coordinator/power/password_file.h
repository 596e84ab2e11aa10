#pragma once

#include <filesystem>
#include <string>

#include "common/error.h"

namespace ecokube {

/// Errc::config unless it is a regular file that nobody but its owner may read or change.
[[nodiscard]] Result<void> check_password_file(const std::filesystem::path& file);

/// Its first line, after the same check. Errc::config also where that is empty.
[[nodiscard]] Result<std::string> read_password_file(const std::filesystem::path& file);

}  // namespace ecokube
