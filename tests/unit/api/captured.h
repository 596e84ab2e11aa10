#pragma once

#include <gtest/gtest.h>

#include <string>

namespace ecokube::test {

/// What became of a command.
struct Outcome {
  int exit_code;
  std::string out, err;
};

/// Runs `command`, which returns an exit code, and keeps what it writes.
template <class Command>
Outcome captured(Command command) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const int code = command();
  return {code, testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr()};
}

}  // namespace ecokube::test
