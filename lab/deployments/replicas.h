#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/error.h"
#include "coordinator/core/cluster_facts.h"

namespace ecokube::lab {

/// status of a Deployment, as far as we keep it.
struct DeploymentStatus {
  std::int64_t observed_generation = 0;
  std::int64_t replicas = 0;
  std::int64_t ready = 0;
  bool operator==(const DeploymentStatus&) const = default;
};

struct Deployment {
  std::string ns;
  std::string name;
  std::string uid;
  std::int64_t generation = 0;
  std::int64_t replicas = 1;
  bool deleting = false;
  DeploymentStatus status;
  boost::json::object labels;       ///< of the template
  boost::json::object annotations;  ///< of the template
  boost::json::object spec;         ///< of the template
};

/// A pod as the controller sees it.
struct DeploymentPod {
  core::KubePod pod;
  bool ready = false;
  std::string created;     ///< metadata.creationTimestamp
  std::string owner_name;  ///< of its controller
  std::string owner_uid;
};

using Deployments = std::map<std::string, Deployment>;        ///< by "namespace/name"
using DeploymentPods = std::map<std::string, DeploymentPod>;  ///< by "namespace/name"

[[nodiscard]] Result<Deployment> parse_deployment(const boost::json::object& object);
[[nodiscard]] Result<DeploymentPod> parse_deployment_pod(const boost::json::object& object);

/// What brings one Deployment nearer to what it asks for.
struct ReplicaPlan {
  std::int64_t create = 0;
  std::vector<const DeploymentPod*> remove;
  DeploymentStatus status;  ///< as it should be written
};

/// `coming`: pods that were made for it and not seen yet. Ended pods are removed and replaced; of
/// too many go the unbound first, then those pending, then those not running or not ready, then the
/// youngest.
[[nodiscard]] ReplicaPlan plan_replicas(const Deployment& deployment, const DeploymentPods& pods,
                                        std::int64_t coming);

/// Pods of ours whose Deployment is gone.
[[nodiscard]] std::vector<const DeploymentPod*> orphans(const Deployments& deployments,
                                                        const DeploymentPods& pods);

/// The body of POST pods.
[[nodiscard]] boost::json::object pod_of(const Deployment& deployment);
/// The merge patch on the Deployment's status.
[[nodiscard]] boost::json::object status_patch(const DeploymentStatus& status);

}  // namespace ecokube::lab
