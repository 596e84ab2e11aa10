#include "coordinator/core/sleep_limit.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace ecokube::core {
namespace {

constexpr std::int64_t kGrowth = 4;

TimePoint asleep_since(const Node& node) { return node.asleep_since.value_or(node.since); }

/// The pool by whose policy it sleeps, or did when it was last woken; nullptr: it does not.
const Pool* pool_of_sleeper(const Policy& policy, const Node& node) {
  const bool down = node.state == Lifecycle::powered_down || node.state == Lifecycle::quarantined;
  if (!down || !node.kube) return nullptr;
  const Pool* pool = pool_of(policy, node.name, node.kube->labels);
  return pool != nullptr && pool->mode == Mode::act ? pool : nullptr;
}

std::string text_of(Duration time) {
  constexpr std::int64_t kMinute = 60'000;
  constexpr std::int64_t kHour = 60 * kMinute;
  const auto ms = time.count();
  if (ms >= 2 * kHour) return std::to_string(ms / kHour) + " h";
  if (ms >= 2 * kMinute) return std::to_string(ms / kMinute) + " min";
  return std::to_string(ms / 1000) + " s";
}

}  // namespace

Duration slept_at_wake(const Node& node) {
  if (!node.asleep_since || !node.up.asked_at) return node.wake_proven_sleep;
  return std::max(node.wake_proven_sleep, *node.up.asked_at - *node.asleep_since);
}

SleepLimits::SleepLimits(const World& world, const Policy& policy, TimePoint now)
    : world_(world), policy_(policy), now_(now) {
  for (const auto& pool : policy.pools) proven_[&pool] = policy.first_sleep;
  for (const auto& [name, node] : world.nodes) {
    if (!node.kube || node.wake_proven_sleep <= policy.first_sleep) continue;
    const auto pool = proven_.find(pool_of(policy, name, node.kube->labels));
    if (pool != proven_.end()) pool->second = std::max(pool->second, node.wake_proven_sleep);
  }
  count_trials();
  for (const auto& [name, node] : world.nodes) {
    const auto at = until(node);
    if (at && *at > now) next_ = next_ ? std::min(*next_, *at) : *at;
  }
}

/// Those that have tried it for longest go on; who did not come back takes a place for good.
void SleepLimits::count_trials() {
  std::vector<std::pair<TimePoint, const Node*>> sleepers;
  std::int64_t in_cluster = 0;
  std::int64_t lost = 0;
  for (const auto& [name, node] : world_.nodes) {
    if (node.kube) ++in_cluster;
    const Pool* pool = pool_of_sleeper(policy_, node);
    if (pool == nullptr) continue;
    const auto proven_until = asleep_since(node) + proven_.at(pool);
    if (node.state == Lifecycle::quarantined) {
      lost += node.asleep_since && node.since > proven_until ? 1 : 0;
    } else if (now_ >= proven_until) {
      sleepers.emplace_back(asleep_since(node), &node);
    }
  }
  std::stable_sort(sleepers.begin(), sleepers.end(),
                   [](const auto& one, const auto& two) { return one.first < two.first; });
  auto places = doubtful_max(in_cluster) - lost;
  for (const auto& [since, node] : sleepers) tries_[node->name] = places-- > 0;
}

std::optional<TimePoint> SleepLimits::until(const Node& node) const {
  const Pool* pool = pool_of_sleeper(policy_, node);
  if (pool == nullptr || node.state != Lifecycle::powered_down) return std::nullopt;
  const auto proven = proven_.at(pool);
  const auto tries = tries_.find(node.name);
  const auto limit = tries != tries_.end() && tries->second ? kGrowth * proven : proven;
  return asleep_since(node) + std::min(limit, policy_.sleep_max);
}

std::optional<Reason> SleepLimits::over(const Node& node) const {
  const auto at = until(node);
  if (!at || now_ < *at) return std::nullopt;
  const auto slept = now_ - asleep_since(node);
  if (slept >= policy_.sleep_max) {
    return Reason{"SleptLongest", "it has slept for " + text_of(slept) +
                                      "; it is woken for updates and certificates"};
  }
  const Pool* pool = pool_of_sleeper(policy_, node);
  return Reason{"SleptAsProven",
                "no node of pool " + pool->name + " was seen to wake after more than " +
                    text_of(proven_.at(pool)) +
                    (tries_.at(node.name) ? "; this one shows that it does after " + text_of(slept)
                                          : "; others try a longer sleep first")};
}

}  // namespace ecokube::core
