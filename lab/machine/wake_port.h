#pragma once

#include <cstdint>
#include <string>

#include "common/error.h"

namespace ecokube::lab {

/// A UDP socket bound to the machine's own address. The descriptor is the caller's.
[[nodiscard]] Result<int> bind_wake_port(const std::string& host, std::uint16_t port);

}  // namespace ecokube::lab
