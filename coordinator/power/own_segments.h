#pragma once

#include <set>

#include "coordinator/core/policy.h"

namespace ecokube {

/// The IPv4 segments that this host's interfaces which are up are on, by getifaddrs(3): where a
/// broadcast of its own is heard. What can't be read is not there.
[[nodiscard]] std::set<core::Segment> own_segments();

}  // namespace ecokube
