#pragma once

#include "tests/support/real_control_plane.h"

namespace ecokube::test {

/// The real control plane of this process, which all its tests share.
[[nodiscard]] RealControlPlane& real_control_plane();

}  // namespace ecokube::test
