#pragma once

#include <filesystem>
#include <optional>

#include "common/error.h"
#include "common/secure_on.h"

namespace ecokube {

/// The SecureOn password in the file's first line, which nobody but its owner may read; nothing for
/// an empty name. config: there is none, in words that do not repeat what is there.
[[nodiscard]] Result<std::optional<SecureOn>> read_secure_on(const std::filesystem::path& file);

}  // namespace ecokube
