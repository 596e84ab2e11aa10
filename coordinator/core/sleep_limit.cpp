#include "coordinator/core/sleep_limit.h"

#include <algorithm>
#include <string>
#include <utility>

#include "common/span_text.h"
#include "coordinator/core/kubelet_certificate.h"
#include "coordinator/core/sleep_mode.h"
#include "coordinator/core/wake_chain.h"
#include "coordinator/core/wake_proof.h"

namespace ecokube::core {
namespace {

constexpr std::int64_t kGrowth = 4;

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

}  // namespace

Duration slept_at_wake(const Node& node) {
  const auto& boot = node.inventory.boot.fingerprint;
  const bool same = (node.wake_proven_boot.empty() || node.wake_proven_boot == boot) &&
                    node.wake_proven_mode == what_wake_shows(node).mode;
  const auto before = same ? node.wake_proven_sleep : Duration(0);
  const bool heard = shows_wake(node) && node.up.method == WakeMethod::wol;
  if (!node.sleep.since || !heard) return before;
  return std::max(before, *node.up.asked_at - *node.sleep.since);
}

SleepLimits::SleepLimits(const World& world, const Policy& policy, TimePoint now)
    : policy_(policy), now_(now) {
  for (const auto& [name, node] : world.nodes) {
    if (!node.kube || node.wake_proven_sleep <= policy.first_sleep) continue;
    const Pool* pool = pool_of(policy, name, node.kube->labels);
    auto& longest = proven_[{pool, node.wake_proven_mode}];
    longest = std::max(longest, node.wake_proven_sleep);
  }
  find_limits(world);
  for (const auto& [name, limit] : limits_) {
    if (limit.until > now) next_ = next_ ? std::min(*next_, limit.until) : limit.until;
  }
}

Duration SleepLimits::proven(const Pool* pool, SleepMode mode) const {
  const auto longest = proven_.find({pool, mode});
  return longest == proven_.end() ? policy_.first_sleep : longest->second;
}

TimePoint SleepLimits::latest(const Limit& limit, Duration sleep) const {
  const auto latest = limit.since + std::min(sleep, policy_.sleep_max);
  return limit.awake_by ? std::min(latest, *limit.awake_by) : latest;
}

/// Who is being woken from a longer sleep holds its place until it is up, and who did not come back
/// for good.
void SleepLimits::find_limits(const World& world) {
  std::int64_t in_cluster = 0;
  std::int64_t taken = 0;
  std::vector<Limit*> past;
  for (const auto& [name, node] : world.nodes) {
    if (node.kube) ++in_cluster;
    const Pool* pool = pool_of_sleeper(policy_, node, now_);
    if (pool == nullptr) continue;
    const auto since = node.sleep.since.value_or(node.since);
    const auto proven = this->proven(pool, sleep_mode_of(policy_, node));
    const bool deaf = may_go_deaf(policy_, node);
    if (node.state != Lifecycle::powered_down) {
      taken += deaf && node.sleep.woken_at && *node.sleep.woken_at > since + proven ? 1 : 0;
      continue;
    }
    auto& limit = limits_[name] = {since, {}, pool, proven, awake_for_kubelet(node)};
    limit.until = latest(limit, deaf ? proven : policy_.sleep_max);
    if (deaf && now_ >= since + proven) past.push_back(&limit);
  }
  let_try(std::move(past), doubtful_max(in_cluster) - taken);
}

void SleepLimits::let_try(std::vector<Limit*> past, std::int64_t places) const {
  std::ranges::stable_sort(past, {}, &Limit::since);
  for (Limit* limit : past) {
    if (places-- <= 0) return;
    limit->tries = true;
    limit->until = latest(*limit, kGrowth * limit->proven);
  }
}

std::optional<TimePoint> SleepLimits::until(const Node& node) const {
  const auto limit = limits_.find(node.name);
  if (limit == limits_.end()) return std::nullopt;
  return limit->second.until;
}

std::optional<Reason> SleepLimits::over(const Node& node) const {
  const auto at = limits_.find(node.name);
  if (at == limits_.end() || now_ < at->second.until) return std::nullopt;
  const Limit& limit = at->second;
  if (limit.awake_by && now_ >= *limit.awake_by) {
    return Reason{"KubeletCertificate",
                  kubelet_certificate_text(node, now_) + "; it is woken so that it is renewed"};
  }
  const auto slept = now_ - limit.since;
  if (slept >= policy_.sleep_max) {
    return Reason{"SleptLongest", "it has slept for " + span_text(slept) +
                                      "; it is woken for updates and certificates"};
  }
  return Reason{
      "SleptAsProven",
      "no node of pool " + limit.pool->name + " was seen to wake after more than " +
          span_text(limit.proven) +
          (limit.tries ? "; this one shows that it does after " + span_text(slept)
                       : "; others try a longer sleep first, or did not come back from it")};
}

}  // namespace ecokube::core
