#include "coordinator/core/wake_budget.h"

#include <algorithm>

#include "coordinator/core/inrush.h"
#include "coordinator/core/lost_work.h"
#include "coordinator/core/quota.h"

namespace ecokube::core {

WakeBudget::WakeBudget(const World& world, const Policy& policy, TimePoint now)
    : world_(world), policy_(policy), now_(now) {}

WattsBook::Part WakeBudget::part_of(const Node& node) {
  if (!watts_) watts_.emplace(world_, policy_, now_);
  return watts_->part_of(node);
}

std::int64_t& WakeBudget::left_of(const Asker& asker, const Token& token) {
  const auto at = left_.find(asker.ns);
  if (at != left_.end()) return at->second;
  return left_[asker.ns] = tokens_in(world_.buckets, token, now_);
}

std::int64_t& WakeBudget::lost_left_of(const Asker& asker) {
  const auto at = lost_left_.find(asker.controller);
  if (at != lost_left_.end()) return at->second;
  return lost_left_[asker.controller] = lost_of(world_, asker.controller, now_);
}

bool WakeBudget::has_wake_for(const Asker& asker) {
  const auto token = quota_token(policy_, asker.ns);
  return !token || left_of(asker, *token) > 0 || lost_left_of(asker) > 0;
}

HeldDemand WakeBudget::held(const Demand& demand) const {
  const auto token = quota_token(policy_, demand.asker.ns);
  const auto due = std::max(due_at(world_.buckets, *token), now_);
  return {demand.what,
          demand.pod,
          {"NamespaceQuota", quota_text(policy_, demand.asker.ns, due - now_)},
          due};
}

void WakeBudget::take_wake_for(const Asker& asker) {
  const auto token = quota_token(policy_, asker.ns);
  if (!token) return;
  auto& lost = lost_left_of(asker);
  if (lost > 0) --lost;
  auto& left = left_of(asker, *token);
  if (left > 0) --left;
}

}  // namespace ecokube::core
