#include "node-agent/checked_config.h"

#include <utility>

#include "common/tls_context.h"
#include "node-agent/identity/identity_files.h"

namespace ecokube::agent {

Result<void> check_files(const Config& config) {
  if (auto whole = finish_replacement(config.tls); !whole) return whole;
  auto tls = make_link_client_context(config.tls);
  if (!tls) return std::unexpected(std::move(tls.error()));
  return {};
}

Result<Config> read_checked_config(const std::filesystem::path& file) {
  auto config = read_config(file);
  if (!config) return config;
  if (auto files = check_files(*config); !files) return std::unexpected(std::move(files.error()));
  return config;
}

}  // namespace ecokube::agent
