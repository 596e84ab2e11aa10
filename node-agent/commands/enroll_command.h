#pragma once

#include <filesystem>
#include <string>

#include "common/error.h"

namespace ecokube::agent {

struct EnrollCommand {
  std::filesystem::path config;  ///< where there is none, the standard paths count
  std::string coordinator;       ///< "host:port"
  std::string token;             ///< or its file; exactly one
  std::filesystem::path token_file;
  std::string ca_hash;    ///< "sha256:..."
  std::string node_name;  ///< empty: the configuration's, or the host's
  bool force = false;     ///< replace files that exist
};

/// Makes a key here, has it signed by the coordinator, writes key, certificate and CA, and says
/// what to do next. Nothing is written when anything goes wrong before.
[[nodiscard]] Result<int> run_enroll(const EnrollCommand& command);

}  // namespace ecokube::agent
