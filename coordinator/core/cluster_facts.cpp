#include "coordinator/core/cluster_facts.h"

#include <algorithm>

namespace ecokube::core {

const KubeService* service_of(const KubePod& pod,
                              const std::map<std::string, KubeService>& services) {
  const auto prefix = pod.ns + "/";
  for (auto at = services.lower_bound(prefix);
       at != services.end() && at->first.starts_with(prefix); ++at) {
    if (matches(at->second.selector, pod.labels)) return &at->second;
  }
  return nullptr;
}

bool may_remain(const KubePod& pod, const std::vector<std::string>& daemonsets_may_stop,
                const std::map<std::string, KubeService>& services) {
  if (pod.mirror || is_over(pod)) return true;
  if (pod.owner_kind != "DaemonSet") return false;
  const bool listed = std::any_of(
      daemonsets_may_stop.begin(), daemonsets_may_stop.end(), [&](const std::string& entry) {
        return entry == pod.ns + "/*" || entry == pod.ns + "/" + pod.owner_name;
      });
  return listed || (!pod.host_port && service_of(pod, services) == nullptr);
}

std::string KubeWorkload::key() const { return kind_key(group, kind) + "/" + ns + "/" + name; }

bool KubeWorkload::selects(const std::string& pod_ns, const Labels& labels) const {
  return pod_ns == ns && selector != Selector{} && matches(selector, labels);
}

std::string kind_key(const std::string& group, const std::string& kind) {
  return group.empty() ? kind : kind + "." + group;
}

std::string group_of(const std::string& api_version) {
  const auto slash = api_version.find('/');
  return slash == std::string::npos ? "" : api_version.substr(0, slash);
}

PodRef ref_of(const KubePod& pod) { return {pod.uid, pod.ns, pod.name}; }

bool tolerates(const std::vector<Toleration>& tolerations, const Taint& taint) {
  return std::any_of(tolerations.begin(), tolerations.end(), [&](const Toleration& t) {
    if (!t.effect.empty() && t.effect != taint.effect) return false;
    if (t.key.empty()) return t.exists;
    return t.key == taint.key && (t.exists || t.value == taint.value);
  });
}

}  // namespace ecokube::core
