// A Pod, as decisions need it.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <set>

#include "coordinator/kubernetes/json_access.h"
#include "coordinator/kubernetes/objects.h"

namespace ecokube::kubernetes {
namespace {

using boost::json::object;

constexpr std::string_view kMirrorAnnotation = "kubernetes.io/config.mirror";
// kubelet names a static pod's cgroup by this, and not by the UID of its image in the API.
constexpr std::string_view kStaticUidAnnotation = "kubernetes.io/config.hash";
constexpr std::string_view kSafeToEvict = "cluster-autoscaler.kubernetes.io/safe-to-evict";
constexpr std::string_view kSafeVolumes =
    "cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes";
constexpr std::string_view kDoNotDisrupt = "karpenter.sh/do-not-disrupt";
constexpr std::int64_t kMoreThanAnyNode = std::int64_t{1} << 50;
constexpr Resources kUnreadableRequests{kMoreThanAnyNode, kMoreThanAnyNode, 1};

core::PodPhase parse_phase(std::string_view phase) {
  if (phase == "Pending") return core::PodPhase::pending;
  if (phase == "Running") return core::PodPhase::running;
  if (phase == "Succeeded") return core::PodPhase::succeeded;
  if (phase == "Failed") return core::PodPhase::failed;
  return core::PodPhase::unknown;
}

/// The condition of this type, or an empty object.
const object& condition_of(const object& pod, std::string_view type) {
  static const object kNone;
  for (const auto& condition : find_array(pod, {"status", "conditions"})) {
    const auto* fields = condition.if_object();
    if (fields != nullptr && find_text(*fields, {"type"}) == type) return *fields;
  }
  return kNone;
}

bool is_unschedulable(const object& pod) {
  const auto& scheduled = condition_of(pod, "PodScheduled");
  return find_text(scheduled, {"status"}) == "False" &&
         find_text(scheduled, {"reason"}) == "Unschedulable";
}

const object& controller_of(const object& pod) {
  static const object kNone;
  for (const auto& owner : find_array(pod, {"metadata", "ownerReferences"})) {
    const auto* fields = owner.if_object();
    if (fields != nullptr && find_bool(*fields, {"controller"})) return *fields;
  }
  return kNone;
}

std::optional<bool> parse_safe_to_evict(const object& pod) {
  if (annotation_of(pod, kDoNotDisrupt) == "true") return false;
  const auto said = annotation_of(pod, kSafeToEvict);
  if (said == "true") return true;
  if (said == "false") return false;
  return std::nullopt;
}

bool has_host_port(const object& spec) {
  const auto serves = [](const boost::json::value& container) {
    const auto* fields = container.if_object();
    if (fields == nullptr) return false;
    const auto& ports = find_array(*fields, {"ports"});
    return std::any_of(ports.begin(), ports.end(), [](const auto& port) {
      return port.is_object() && find_int(port.get_object(), {"hostPort"}, 0) > 0;
    });
  };
  const auto& containers = find_array(spec, {"containers"});
  const auto& sidecars = find_array(spec, {"initContainers"});
  return std::any_of(containers.begin(), containers.end(), serves) ||
         std::any_of(sidecars.begin(), sidecars.end(), serves);
}

/// The value of --config among the words with which the first container of kube-scheduler starts.
std::string parse_config_file(const object& pod) {
  constexpr std::string_view kFlag = "--config";
  if (find_text(pod, {"metadata", "labels", "component"}) != "kube-scheduler") return "";
  const auto& containers = find_array(pod, {"spec", "containers"});
  if (containers.empty() || !containers.front().is_object()) return "";
  bool next = false;
  for (const char* list : {"command", "args"}) {
    for (const auto& entry : find_array(containers.front().get_object(), {list})) {
      const auto* text = entry.if_string();
      if (text == nullptr) continue;
      const std::string_view word = *text;
      if (next) return std::string(word);
      next = word == kFlag;
      if (word.starts_with(kFlag) && word.substr(kFlag.size()).starts_with('=')) {
        return std::string(word.substr(kFlag.size() + 1));
      }
    }
  }
  return "";
}

/// Names in a list with commas.
std::set<std::string_view> names_in(std::string_view list) {
  std::set<std::string_view> names;
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    auto name = list.substr(0, comma);
    name.remove_prefix(std::min(name.find_first_not_of(' '), name.size()));
    name = name.substr(0, name.find_last_not_of(' ') + 1);
    names.insert(name);
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return names;
}

/// Data that stays behind on the node, and that nobody has declared safe to lose.
bool has_local_storage(const object& pod) {
  const auto safe = names_in(annotation_of(pod, kSafeVolumes));
  const auto& volumes = find_array(pod, {"spec", "volumes"});
  return std::any_of(volumes.begin(), volumes.end(), [&](const auto& volume) {
    const auto* fields = volume.if_object();
    return fields != nullptr && (fields->contains("emptyDir") || fields->contains("hostPath")) &&
           !safe.contains(find_text(*fields, {"name"}));
  });
}

}  // namespace

Result<core::KubePod> parse_pod(const object& thing) {
  const auto revision = check_identity(thing, "Pod");
  if (!revision) return std::unexpected(revision.error());
  core::KubePod pod;
  pod.uid = find_text(thing, {"metadata", "uid"});
  pod.ns = find_text(thing, {"metadata", "namespace"});
  pod.name = find_text(thing, {"metadata", "name"});
  if (pod.uid.empty()) {
    return fail(Errc::invalid, fmt::format("Pod {}/{} has no metadata.uid", pod.ns, pod.name));
  }
  pod.revision = *revision;
  const auto& spec = find_object(thing, {"spec"});
  pod.node = find_text(spec, {"nodeName"});
  pod.phase = parse_phase(find_text(thing, {"status", "phase"}));
  pod.unschedulable = pod.node.empty() && is_unschedulable(thing);
  if (pod.unschedulable) pod.refusal = find_text(condition_of(thing, "PodScheduled"), {"message"});
  pod.deleting = !find_text(thing, {"metadata", "deletionTimestamp"}).empty();
  pod.ready = find_text(condition_of(thing, "Ready"), {"status"}) == "True";
  pod.mirror = find_object(thing, {"metadata", "annotations"}).contains(kMirrorAnnotation);
  if (pod.mirror) {
    pod.static_uid = find_text(thing, {"metadata", "annotations", kStaticUidAnnotation});
  }
  const auto& owner = controller_of(thing);
  pod.owner_kind = find_text(owner, {"kind"});
  pod.owner_name = find_text(owner, {"name"});
  pod.safe_to_evict = parse_safe_to_evict(thing);
  pod.local_storage = has_local_storage(thing);
  pod.host_port = has_host_port(spec);
  pod.config_file = parse_config_file(thing);
  pod.labels = find_labels(thing, {"metadata", "labels"});
  // A pod must stay visible whatever it asks for: it may be the reason to keep a node on.
  pod.requests = parse_requests(spec).value_or(kUnreadableRequests);
  pod.node_selector = find_labels(spec, {"nodeSelector"});
  pod.tolerations = parse_tolerations(spec);
  parse_placement(thing, pod);
  return pod;
}

}  // namespace ecokube::kubernetes
