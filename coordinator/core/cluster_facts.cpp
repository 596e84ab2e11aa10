#include "coordinator/core/cluster_facts.h"

#include <algorithm>

namespace ecokube::core {

bool may_remain(const KubePod& pod) {
  return pod.owner_kind == "DaemonSet" || pod.mirror || pod.phase == PodPhase::succeeded ||
         pod.phase == PodPhase::failed;
}

bool tolerates(const std::vector<Toleration>& tolerations, const Taint& taint) {
  return std::any_of(tolerations.begin(), tolerations.end(), [&](const Toleration& t) {
    if (!t.effect.empty() && t.effect != taint.effect) return false;
    if (t.key.empty()) return t.exists;
    return t.key == taint.key && (t.exists || t.value == taint.value);
  });
}

bool matches(const Labels& selector, const Labels& labels) {
  return std::all_of(selector.begin(), selector.end(), [&](const auto& wanted) {
    const auto found = labels.find(wanted.first);
    return found != labels.end() && found->second == wanted.second;
  });
}

}  // namespace ecokube::core
