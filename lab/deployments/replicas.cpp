#include "lab/deployments/replicas.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <set>
#include <string_view>

#include "coordinator/kubernetes/json_access.h"
#include "coordinator/kubernetes/objects.h"

namespace ecokube::lab {
namespace {

namespace json = boost::json;
using kubernetes::find_array;
using kubernetes::find_bool;
using kubernetes::find_int;
using kubernetes::find_object;
using kubernetes::find_text;

constexpr std::string_view kOwnerKind = "ReplicaSet";
constexpr std::string_view kOwnerSuffix = "-lab";

bool is_ready(const json::object& pod) {
  for (const auto& condition : find_array(pod, {"status", "conditions"})) {
    const auto* fields = condition.if_object();
    if (fields != nullptr && find_text(*fields, {"type"}) == "Ready") {
      return find_text(*fields, {"status"}) == "True";
    }
  }
  return false;
}

bool has_ended(const core::KubePod& pod) {
  return pod.phase == core::PodPhase::succeeded || pod.phase == core::PodPhase::failed;
}

/// Lower goes first.
int worth(const DeploymentPod& pod) {
  if (pod.pod.node.empty()) return 0;
  if (pod.pod.phase == core::PodPhase::pending) return 1;
  if (pod.pod.phase != core::PodPhase::running || !pod.ready) return 2;
  return 3;
}

bool goes_before(const DeploymentPod* a, const DeploymentPod* b) {
  if (worth(*a) != worth(*b)) return worth(*a) < worth(*b);
  if (a->created != b->created) return a->created > b->created;
  return a->pod.name < b->pod.name;
}

}  // namespace

Result<Deployment> parse_deployment(const json::object& object) {
  Deployment result;
  result.ns = find_text(object, {"metadata", "namespace"});
  result.name = find_text(object, {"metadata", "name"});
  result.uid = find_text(object, {"metadata", "uid"});
  if (result.ns.empty() || result.name.empty() || result.uid.empty()) {
    return fail(Errc::invalid, "a Deployment without metadata.namespace, name or uid");
  }
  result.generation = find_int(object, {"metadata", "generation"}, 0);
  result.replicas = find_int(object, {"spec", "replicas"}, 1);
  result.deleting = !find_text(object, {"metadata", "deletionTimestamp"}).empty();
  result.status = {find_int(object, {"status", "observedGeneration"}, 0),
                   find_int(object, {"status", "replicas"}, 0),
                   find_int(object, {"status", "readyReplicas"}, 0)};
  result.labels = find_object(object, {"spec", "template", "metadata", "labels"});
  result.annotations = find_object(object, {"spec", "template", "metadata", "annotations"});
  result.spec = find_object(object, {"spec", "template", "spec"});
  return result;
}

Result<DeploymentPod> parse_deployment_pod(const json::object& object) {
  auto parsed = kubernetes::parse_pod(object);
  if (!parsed) return std::unexpected(parsed.error());
  DeploymentPod result;
  result.pod = std::move(*parsed);
  result.ready = is_ready(object);
  result.created = find_text(object, {"metadata", "creationTimestamp"});
  for (const auto& owner : find_array(object, {"metadata", "ownerReferences"})) {
    const auto* fields = owner.if_object();
    if (fields == nullptr || !find_bool(*fields, {"controller"})) continue;
    result.owner_name = find_text(*fields, {"name"});
    result.owner_uid = find_text(*fields, {"uid"});
  }
  return result;
}

ReplicaPlan plan_replicas(const Deployment& deployment, const DeploymentPods& pods,
                          std::int64_t coming) {
  ReplicaPlan plan;
  std::vector<const DeploymentPod*> active;
  for (const auto& [key, pod] : pods) {
    if (pod.owner_uid != deployment.uid || pod.pod.deleting) continue;
    if (has_ended(pod.pod)) {
      plan.remove.push_back(&pod);
    } else {
      active.push_back(&pod);
    }
  }
  const auto wanted = deployment.deleting ? 0 : std::max<std::int64_t>(deployment.replicas, 0);
  const auto present = static_cast<std::int64_t>(active.size());
  plan.create = std::max<std::int64_t>(wanted - present - coming, 0);
  // Those that are coming are removed, where too many, once they are seen.
  const auto surplus = std::clamp<std::int64_t>(present - wanted, 0, present);
  std::ranges::sort(active, goes_before);
  plan.remove.insert(plan.remove.end(), active.begin(), active.begin() + surplus);
  plan.status = {deployment.generation, present,
                 std::ranges::count_if(active, [](const auto* pod) { return pod->ready; })};
  return plan;
}

std::vector<const DeploymentPod*> orphans(const Deployments& deployments,
                                          const DeploymentPods& pods) {
  std::set<std::string_view> known;
  for (const auto& [key, deployment] : deployments) known.insert(deployment.uid);
  std::vector<const DeploymentPod*> result;
  for (const auto& [key, pod] : pods) {
    const bool ours = pod.pod.owner_kind == kOwnerKind && pod.owner_name.ends_with(kOwnerSuffix);
    if (ours && !pod.pod.deleting && !known.contains(pod.owner_uid)) result.push_back(&pod);
  }
  return result;
}

json::object pod_of(const Deployment& deployment) {
  const json::object owner{{"apiVersion", "apps/v1"},
                           {"kind", kOwnerKind},
                           {"name", deployment.name + std::string(kOwnerSuffix)},
                           {"uid", deployment.uid},
                           {"controller", true}};
  json::array owners;
  owners.push_back(owner);
  json::object metadata{{"generateName", deployment.name + "-"},
                        {"namespace", deployment.ns},
                        {"labels", deployment.labels},
                        {"ownerReferences", std::move(owners)}};
  if (!deployment.annotations.empty()) metadata["annotations"] = deployment.annotations;
  return {{"apiVersion", "v1"},
          {"kind", "Pod"},
          {"metadata", std::move(metadata)},
          {"spec", deployment.spec}};
}

json::object status_patch(const DeploymentStatus& status) {
  return {{"status",
           {{"observedGeneration", status.observed_generation},
            {"replicas", status.replicas},
            {"updatedReplicas", status.replicas},
            {"readyReplicas", status.ready},
            {"availableReplicas", status.ready},
            {"unavailableReplicas", status.replicas - status.ready}}}};
}

}  // namespace ecokube::lab
