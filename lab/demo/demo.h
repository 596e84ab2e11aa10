#pragma once

#include "lab/demo/lab_layout.h"

namespace ecokube::lab {

/// The whole demo; returns the exit code: 0 passed, 1 failed, 2 wrong use, 130 interrupted.
[[nodiscard]] int run_demo(const DemoOptions& options);

}  // namespace ecokube::lab
