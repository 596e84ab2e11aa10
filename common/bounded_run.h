#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "common/error.h"

namespace ecokube {

/// What a program printed, to standard output and error together, and how it ended.
struct Ran {
  std::string output;
  int status = 0;  ///< as a shell counts it
};

/// Runs a program that is searched for in PATH, without input, to its end. not_found: there is no
/// such program; timeout or too_large: it did not end within `limit`, or printed more than
/// `bytes_max`, and was killed with what it had started.
[[nodiscard]] Result<Ran> run_bounded(const std::vector<std::string>& argv,
                                      std::chrono::milliseconds limit, std::size_t bytes_max);

}  // namespace ecokube
