#pragma once

#include <string>

#include "coordinator/config.h"
#include "tests/support/temp_dir.h"

namespace ecokube {

inline constexpr auto kMinimal = R"(
[kubernetes]
kubeconfig = "k"
[agents]
ca = "a"
certificate = "b"
key = "c"
)";

/// The least that is allowed, and this behind it.
inline Result<CoordinatorConfig> read_with(const std::string& more) {
  const test::TempDir dir;
  return read_coordinator_config(dir.write("c.toml", kMinimal + more));
}

}  // namespace ecokube
