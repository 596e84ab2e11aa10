#include "coordinator/core/sleep_limit.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/core/wake_chain.h"
#include "coordinator/core/wake_proof.h"

namespace ecokube::core {
namespace {

constexpr std::int64_t kGrowth = 4;

TimePoint asleep_since(const Node& node) { return node.asleep_since.value_or(node.since); }

/// The pool by whose policy it sleeps, or did until it was woken; nullptr: it does not.
const Pool* pool_of_sleeper(const Policy& policy, const Node& node, TimePoint now) {
  const bool down = node.state == Lifecycle::powered_down || node.state == Lifecycle::quarantined ||
                    (node.state == Lifecycle::powering_up && node.up.asked_at);
  if (!down || !node.kube || hold_at(node, now) != nullptr) return nullptr;
  const Pool* pool = pool_of(policy, node.name, node.kube->labels);
  return pool != nullptr && pool->mode == Mode::act ? pool : nullptr;
}

/// It is woken by a packet first, to which a port or a card may go deaf. A BMC is asked all the
/// time.
bool may_go_deaf(const Policy& policy, const Node& node) {
  const auto methods = wake_methods(node, policy);
  return methods.empty() || methods.front() == WakeMethod::wol;
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
  const auto& boot = node.inventory.boot.fingerprint;
  const bool same_boot = node.wake_proven_boot.empty() || node.wake_proven_boot == boot;
  const auto before = same_boot ? node.wake_proven_sleep : Duration(0);
  const bool heard = shows_wake(node) && node.up.method == WakeMethod::wol;
  if (!node.asleep_since || !heard) return before;
  return std::max(before, *node.up.asked_at - *node.asleep_since);
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

/// Those that have tried it for longest go on. Who is being woken from it holds its place until it
/// is up, and who did not come back for good.
void SleepLimits::count_trials() {
  std::vector<std::pair<TimePoint, const Node*>> sleepers;
  std::int64_t in_cluster = 0;
  std::int64_t taken = 0;
  for (const auto& [name, node] : world_.nodes) {
    if (node.kube) ++in_cluster;
    const Pool* pool = pool_of_sleeper(policy_, node, now_);
    if (pool == nullptr || !may_go_deaf(policy_, node)) continue;
    const auto proven_until = asleep_since(node) + proven_.at(pool);
    if (node.state != Lifecycle::powered_down) {
      taken += node.first_woken_at && *node.first_woken_at > proven_until ? 1 : 0;
    } else if (now_ >= proven_until) {
      sleepers.emplace_back(asleep_since(node), &node);
    }
  }
  std::stable_sort(sleepers.begin(), sleepers.end(),
                   [](const auto& one, const auto& two) { return one.first < two.first; });
  auto places = doubtful_max(in_cluster) - taken;
  for (const auto& [since, node] : sleepers) tries_[node->name] = places-- > 0;
}

std::optional<TimePoint> SleepLimits::until(const Node& node) const {
  const Pool* pool = pool_of_sleeper(policy_, node, now_);
  if (pool == nullptr || node.state != Lifecycle::powered_down) return std::nullopt;
  if (!may_go_deaf(policy_, node)) return asleep_since(node) + policy_.sleep_max;
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
  const Pool* pool = pool_of_sleeper(policy_, node, now_);
  return Reason{"SleptAsProven",
                "no node of pool " + pool->name + " was seen to wake after more than " +
                    text_of(proven_.at(pool)) +
                    (tries_.at(node.name)
                         ? "; this one shows that it does after " + text_of(slept)
                         : "; others try a longer sleep first, or did not come back from it")};
}

}  // namespace ecokube::core
