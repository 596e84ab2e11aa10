#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/names.h"
#include "common/policy_clock.h"
#include "common/units.h"
#include "coordinator/core/pod_rules.h"

namespace ecokube::core {

/// A resourceVersion as the number it is in every server we support. 0: none.
using Revision = std::int64_t;

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
  bool network_unavailable = false;  ///< condition NetworkUnavailable=True
  std::string owned_by;  ///< another controller that owns its power or health (S25); empty: none
  std::string boot_id;   ///< status.nodeInfo.bootID
  std::string system_uuid = {};  ///< status.nodeInfo.systemUUID, as SMBIOS has it
  std::string machine_id = {};   ///< status.nodeInfo.machineID
  Resources allocatable;
  /// Extended resources that it has some of now, "nvidia.com/gpu": its device plugins offer them.
  std::set<std::string> devices = {};
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
  std::string refusal;         ///< that condition's message
  bool deleting = false;
  bool ready = false;      ///< condition Ready=True
  bool mirror = false;     ///< a static pod's image (annotation kubernetes.io/config.mirror)
  std::string static_uid;  ///< by which the node itself knows a static pod; empty: it is none
  std::string owner_kind;  ///< controller's kind: ReplicaSet, DaemonSet, Job, ...; empty: bare
  std::string owner_name;
  /// cluster-autoscaler.kubernetes.io/safe-to-evict, or "false" by karpenter.sh/do-not-disrupt.
  std::optional<bool> safe_to_evict;
  bool local_storage = false;  ///< an emptyDir or hostPath volume, not declared safe to lose
  bool host_port = false;      ///< it serves at the node's own address
  std::string config_file;     ///< of a kube-scheduler: its flag --config; empty: none
  Labels labels;
  Resources requests;
  Labels node_selector;
  std::vector<Toleration> tolerations;
  std::vector<NodeTerm> node_affinity;  ///< required: one of them holds; empty: any node does
  std::vector<PodTerm> pod_terms;       ///< required affinity and anti-affinity to other pods
  std::vector<SpreadRule> spread;       ///< hard topology spread constraints
  std::string scheduler;                ///< spec.schedulerName; empty: default-scheduler
  std::int64_t priority = 0;
  TimePoint created;
  bool gated = false;         ///< it has scheduling gates: nobody may bind it yet
  std::string not_placeable;  ///< what it asks for that we can't judge; empty: nothing
  bool operator==(const KubePod&) const = default;
};

/// It has ended; it will not run again.
[[nodiscard]] inline bool is_over(const KubePod& pod) {
  return pod.phase == PodPhase::succeeded || pod.phase == PodPhase::failed;
}

/// A pod by name, and which one of that name.
struct PodRef {
  std::string uid, ns, name;
  bool operator==(const PodRef&) const = default;
};
[[nodiscard]] PodRef ref_of(const KubePod& pod);

/// What a scaler names: an object that is scaled, with what its pods look like.
struct KubeWorkload {
  std::string group = "apps";
  std::string kind;  ///< Deployment
  std::string ns;
  std::string name;
  Revision revision = 0;
  std::int64_t replicas = 0;          ///< that are asked for; of a Job its parallelism
  Selector selector;                  ///< of its pods; an empty one is not known and selects none
  std::optional<Resources> requests;  ///< of one pod, pods = 1; absent: only its pods tell
  Labels node_selector;
  std::vector<Toleration> tolerations;
  std::vector<NodeTerm> node_affinity;
  std::string scaled_by;  ///< "Deployment web" that owns it and scales it; empty: none
  /// Of a Job: "finished" or "suspended", and how many pods it can still have at once.
  std::string over = {};
  std::optional<std::int64_t> pods_max = {};
  bool operator==(const KubeWorkload&) const = default;

  [[nodiscard]] std::string key() const;
  /// A pod with these labels is one of its.
  [[nodiscard]] bool selects(const std::string& pod_ns, const Labels& labels) const;
};

/// "Deployment.apps", as kubectl names a kind with its group; without a group the kind alone.
[[nodiscard]] std::string kind_key(const std::string& group, const std::string& kind);
/// "apps" of "apps/v1"; "" of "v1".
[[nodiscard]] std::string group_of(const std::string& api_version);

/// A PodDisruptionBudget (policy/v1).
struct KubeBudget {
  std::string ns;
  std::string name;
  Revision revision = 0;
  Selector selector;
  std::int64_t disruptions_allowed = 0;
  /// As long as its spec and the number of its pods stay, it never allows an eviction.
  bool never_allows = false;
  bool operator==(const KubeBudget&) const = default;

  [[nodiscard]] std::string key() const { return ns + "/" + name; }
};

/// A VolumeAttachment (storage.k8s.io/v1): a volume that is attached to a node.
struct KubeAttachment {
  std::string name;
  Revision revision = 0;
  NodeName node;
  std::string volume;  ///< the PersistentVolume's name, for people
  bool operator==(const KubeAttachment&) const = default;

  [[nodiscard]] std::string key() const { return name; }
};

/// A claimed PersistentVolume that its node affinity binds to single nodes.
struct KubeLocalVolume {
  std::string name;
  Revision revision = 0;
  std::vector<NodeName> nodes;
  std::string claim;  ///< "namespace/name", for people
  bool operator==(const KubeLocalVolume&) const = default;

  [[nodiscard]] std::string key() const { return name; }
};

/// A Service (v1) that selects pods.
struct KubeService {
  std::string ns;
  std::string name;
  Revision revision = 0;
  Labels selector;  ///< never empty
  bool operator==(const KubeService&) const = default;

  [[nodiscard]] std::string key() const { return ns + "/" + name; }
};

/// What else scales a workload: a HorizontalPodAutoscaler, KEDA's included.
struct KubeAutoscaler {
  std::string ns;
  std::string name;
  Revision revision = 0;
  std::string target_kind;
  std::string target_name;
  std::string target_group = {};  ///< empty: it does not say, so any
  bool operator==(const KubeAutoscaler&) const = default;

  [[nodiscard]] std::string key() const { return ns + "/" + name; }
};

/// A pod that is no reason to keep its node on: mirror, finished, or of a DaemonSet that serves
/// neither at the node's address nor behind one of the `services` (by their keys), or is listed as
/// "namespace/name" or "namespace/*" (S22).
[[nodiscard]] bool may_remain(const KubePod& pod,
                              const std::vector<std::string>& daemonsets_may_stop,
                              const std::map<std::string, KubeService>& services);
/// The first of the `services` that selects the pod, or nullptr.
[[nodiscard]] const KubeService* service_of(const KubePod& pod,
                                            const std::map<std::string, KubeService>& services);

/// True when a pod with these tolerations may be placed under the taint.
[[nodiscard]] bool tolerates(const std::vector<Toleration>& tolerations, const Taint& taint);

}  // namespace ecokube::core
