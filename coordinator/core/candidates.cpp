#include "coordinator/core/candidates.h"

#include <algorithm>

namespace ecokube::core {
namespace {

constexpr Duration kSoftTaintEvery{std::chrono::seconds(30)};

/// Reasons that go away by themselves.
bool only_time_will_tell(const Violation& blocker) {
  return blocker.code == "NotUnneededLongEnough" || blocker.code == "RefusedRecently";
}

}  // namespace

bool is_candidate(const Node& node, const NodeWant& want, const std::vector<Violation>& blockers) {
  const bool unwanted = !want.on || want.reason.code == "NotUnneededLongEnough";
  return unwanted && node.state == Lifecycle::ready && node.work_pods == 0 && !node.marked &&
         !blockers.empty() && std::all_of(blockers.begin(), blockers.end(), only_time_will_tell);
}

std::optional<SoftTaint> soft_taint_change(const World& world, const Policy& policy,
                                           const Node& node, bool candidate, TimePoint now) {
  const bool present = softly_tainted(node);
  if (!node.kube || present == candidate || node.kube->revision < node.soft_taint_revision) {
    return std::nullopt;
  }
  const bool fresh = world.cluster_ok && world.cluster_seen_at &&
                     now - *world.cluster_seen_at <= policy.cluster_view_age_max;
  if (!fresh) return std::nullopt;
  const bool too_soon = node.soft_tainted_at && now < *node.soft_tainted_at + kSoftTaintEvery;
  if (candidate && too_soon) return std::nullopt;
  return SoftTaint{candidate};
}

}  // namespace ecokube::core
