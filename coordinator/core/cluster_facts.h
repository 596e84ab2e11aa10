#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/names.h"
#include "common/units.h"

namespace ecokube::core {

/// A resourceVersion as the number it is in every server we support. 0: none.
using Revision = std::int64_t;

using Labels = std::map<std::string, std::string>;

struct Taint {
  std::string key;
  std::string value;
  std::string effect;  ///< NoSchedule, PreferNoSchedule, NoExecute
  bool operator==(const Taint&) const = default;
};

struct Toleration {
  std::string key;  ///< empty with `exists`: tolerates everything
  bool exists = false;
  std::string value;
  std::string effect;  ///< empty: any effect
  bool operator==(const Toleration&) const = default;
};

enum class Readiness { ready, not_ready, unknown };

/// What decisions need of a Node object. Annotations and labels: all labels, only our annotations.
struct KubeNode {
  NodeName name;
  std::string uid;
  Revision revision = 0;
  Labels labels;
  Labels annotations;  ///< those with our prefix ecokube.io/
  std::vector<Taint> taints;
  bool unschedulable = false;
  Readiness ready = Readiness::unknown;
  std::string boot_id;  ///< status.nodeInfo.bootID
  Resources allocatable;
  bool operator==(const KubeNode&) const = default;
};

enum class PodPhase { pending, running, succeeded, failed, unknown };

/// What decisions need of a Pod object.
struct KubePod {
  std::string uid;
  std::string ns;
  std::string name;
  Revision revision = 0;
  NodeName node;  ///< empty: not bound
  PodPhase phase = PodPhase::unknown;
  bool unschedulable = false;  ///< condition PodScheduled=False, reason Unschedulable
  bool deleting = false;
  bool mirror = false;     ///< a static pod's image (annotation kubernetes.io/config.mirror)
  std::string owner_kind;  ///< controller's kind: ReplicaSet, DaemonSet, Job, ...; empty: bare
  Labels labels;
  Resources requests;
  Labels node_selector;
  std::vector<Toleration> tolerations;
  bool operator==(const KubePod&) const = default;
};

/// A scalable workload with the template of the pods it makes.
struct KubeWorkload {
  std::string kind;  ///< Deployment
  std::string ns;
  std::string name;
  Revision revision = 0;
  std::int64_t replicas = 0;
  Labels match_labels;
  Resources requests;  ///< of one pod; pods = 1
  Labels node_selector;
  std::vector<Toleration> tolerations;
  bool operator==(const KubeWorkload&) const = default;

  [[nodiscard]] std::string key() const { return kind + "/" + ns + "/" + name; }
};

/// A pod that is no reason to keep its node on: DaemonSet, mirror or finished.
[[nodiscard]] bool may_remain(const KubePod& pod);

/// True when a pod with these tolerations may be placed under the taint.
[[nodiscard]] bool tolerates(const std::vector<Toleration>& tolerations, const Taint& taint);

/// True when every pair of `selector` is in `labels`.
[[nodiscard]] bool matches(const Labels& selector, const Labels& labels);

}  // namespace ecokube::core
