#pragma once

#include <filesystem>
#include <string>

#include "common/error.h"
#include "coordinator/agents/agent_server.h"
#include "coordinator/api/api.h"
#include "coordinator/core/policy.h"
#include "coordinator/power/bmcs.h"

namespace ecokube {

/// Who signs the nodes' certificates.
struct EnrolmentConfig {
  std::filesystem::path ca_certificate;  ///< may hold others too
  std::filesystem::path ca_key;          ///< empty: this coordinator signs none
  Duration certificate_life{};
  std::string address;  ///< "host:port" where agents reach us, for the command on the node
};

/// coordinator.toml as values. See docs/coordinator.toml for every key.
struct CoordinatorConfig {
  std::string id;
  std::string log_level = "info";
  std::filesystem::path state_dir;
  std::filesystem::path kubeconfig;  ///< empty: the service account of the pod we are in
  std::string context;
  Duration lease_duration{};
  AgentServerOptions agents;
  ApiOptions api;
  BmcOptions bmcs;
  EnrolmentConfig enrolment;
  core::Policy policy;
};

/// Errc::config with every mistake, one line each: file, line, key and what is allowed.
[[nodiscard]] Result<CoordinatorConfig> read_coordinator_config(const std::filesystem::path& file);

/// The configuration in force, for --check-config.
[[nodiscard]] std::string describe(const CoordinatorConfig& config);

}  // namespace ecokube
