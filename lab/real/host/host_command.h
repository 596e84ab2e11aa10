#pragma once

#include <string>

#include "common/error.h"

namespace ecokube::lab {

/// A shell command on the host, which ends soon; it prints where we do.
[[nodiscard]] Result<void> run_on_host(const std::string& command);

}  // namespace ecokube::lab
