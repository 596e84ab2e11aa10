#pragma once

#include "common/error.h"
#include "common/host_port.h"

namespace ecokube::lab {

/// A UDP socket bound to the machine's own address. The descriptor is the caller's.
[[nodiscard]] Result<int> bind_wake_port(const HostPort& where);

}  // namespace ecokube::lab
