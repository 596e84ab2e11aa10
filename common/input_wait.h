#pragma once

#include <chrono>

namespace ecokube {

/// Waits until there is something to read, or the writer has closed its end. False: not in time.
[[nodiscard]] bool wait_for_input(int fd, std::chrono::steady_clock::time_point until);

}  // namespace ecokube
