#include "coordinator/core/node_planner.h"

#include <algorithm>
#include <utility>

#include "coordinator/core/failover.h"
#include "coordinator/core/lifecycle.h"
#include "coordinator/core/lost_work.h"
#include "coordinator/core/marks.h"
#include "coordinator/core/node_actions.h"
#include "coordinator/core/node_services.h"
#include "coordinator/core/placement.h"
#include "coordinator/core/power.h"
#include "coordinator/core/power_off.h"
#include "coordinator/core/quota.h"
#include "coordinator/core/relays.h"
#include "coordinator/core/sleep_limit.h"
#include "coordinator/core/wake_chain.h"
#include "coordinator/core/wake_proof.h"

namespace ecokube::core {
namespace {

/// Between two orders to switch on: a BMC is not hurried.
constexpr Duration kOrderRepeat{std::chrono::seconds(10)};

/// For its Node; empty: nothing new.
std::string what_its_wake_shows(const Node& node, TimePoint now) {
  if (shows_wake(node)) {
    const auto shown = what_wake_shows(node);
    return format_wake_proof(now, node.up.method, shown.boot, slept_at_wake(node), shown.mode);
  }
  if (never_slept(node)) return {};
  if (proves_wake(node)) return format_failed_proof(now);
  return voids_proof(node) ? format_void_proof(now) : std::string();
}

}  // namespace

bool NodePlanner::fail_over() {
  if (!node_.kube || node_.kube->revision < node_.marks_revision || world_.fence == 0) {
    return false;
  }
  if (out_of_service_by_us(*node_.kube)) {
    auto reason = is_back(node_, policy_, now_);
    if (reason) add(Verb::in_service, PutInService{}, *std::move(reason));
    return reason.has_value();
  }
  auto reason = wants_failover(world_, policy_, node_, now_);
  if (reason) {
    add(Verb::out_of_service, TakeOutOfService{node_.kube->revision}, *std::move(reason));
  }
  return reason.has_value();
}

void NodePlanner::powered_down() {
  if (want_.on) return wake_if_wanted();
  if (!node_.kube || (node_.off_recorded && node_.marked)) return;
  if (bmc_tells_power(policy_, node_)) return record_proven_off();
  record_off(node_.off_recorded ? Reason{"MarkGone", "it sleeps, and our mark on it is gone"}
                                : Reason{"RecordOff", "its power is not recorded"});
}

void NodePlanner::off_by_bmc() {
  if (off_proven(node_, policy_, now_)) return record_proven_off();
  const auto due = power_off_due(world_, policy_, node_, now_);
  if (!due) return;
  if (now_ < *due) return look_again(*due);
  auto off = power_off_order(node_);
  add(Verb::power_off, std::move(off),
      {"HangsOnTheWayDown", "it said goodbye, is silent, and its BMC says that it is on"});
}

void NodePlanner::record_proven_off() {
  if (!off_proven(node_, policy_, now_)) return;
  record_off({"BmcSaysOff", "its BMC says off, twice since its agent's last word"});
}

void NodePlanner::record_off(Reason reason) {
  const bool read = bmc_tells_power(policy_, node_);
  // A goodbye from before a wake that led to nothing shows no more than that.
  const bool only_before = !read && node_.waking_at && !node_.waking_unsent;
  RecordOff record{
      power_text({PowerState::off, read ? PowerEvidence::bmc : PowerEvidence::inferred}),
      node_.sleep.since.value_or(only_before ? *node_.waking_at : now_)};
  const bool dead = state_at(node_, policy_, now_) == Lifecycle::unknown;
  if (!dead && !node_.marked && node_.kube) record.mark = mark_of_sleeper(policy_, node_);
  add(Verb::record_off, std::move(record), std::move(reason));
}

void NodePlanner::powering_up() {
  if (node_.up.boot_proven && node_.marked && kube_ready(node_) &&
      agent_alive(node_, policy_, now_)) {
    return take_back();
  }
  if (node_.up.asked_at) keep_waking();
}

void NodePlanner::take_back() {
  if (const auto wait = waits_for_services(world_, policy_, node_, now_)) {
    return look_again(wait->until);
  }
  Reason reason{"BootProven", "a new boot id and Ready in Kubernetes"};
  if (never_slept(node_)) reason = {"NeverSlept", "it left to sleep and is back as it was"};
  const auto missing = not_serving(world_, node_);
  if (!missing.empty())
    reason = {"NotAllServes", "it is Ready, and waited for long enough: " + missing};
  add(Verb::unmark, UnmarkNode{what_its_wake_shows(node_, now_)}, std::move(reason));
}

void NodePlanner::keep_waking() {
  const auto& up = node_.up;
  const auto next = method_after(node_, policy_, up.method);
  const auto time =
      up.boot_proven ? policy_.wake_deadline : method_timeout(node_, policy_, up.method);
  const auto deadline = *up.method_at + time;
  if (now_ >= deadline && (up.boot_proven || !next)) return quarantine();
  if (now_ >= deadline) {
    return wake_by(*next, {"MethodFailed", "not up in " + std::to_string(time.count() / 1000) +
                                               " s by " + std::string(to_string(up.method))});
  }
  look_again(deadline);
  if (up.boot_proven) return;
  if (by_bmc(up.method) && bmc_says_on(node_, policy_, now_)) return;  // it boots
  const auto pause = by_bmc(up.method) ? kOrderRepeat : policy_.wake_repeat;
  const auto again_at = *up.tried_at + pause;
  if (now_ < again_at) return look_again(again_at);
  wake_by(up.method, {"NoBootYet", "no new boot id since the last try"});
}

void NodePlanner::unknown() {
  if (off_proven(node_, policy_, now_) && !want_.on) return record_proven_off();
  const bool ours = node_.marked || node_.state == Lifecycle::powering_down;
  if (ours && !want_.on) {
    want_.reason = {"LostSight", "put down by us and silent; it is woken to know its state"};
    want_.on = true;
  }
  wake_if_wanted();
  const auto silent_since = std::max(node_.since, node_.agent.heard_at.value_or(node_.since));
  look_again(silent_since + policy_.heartbeat_age_max + Duration(1));
}

void NodePlanner::wake_if_wanted() {
  if (want_.on && may_be_woken(world_, policy_, node_, now_)) wake();
}

void NodePlanner::wake() {
  const bool asked = node_.request && node_.request->verb == PersonVerb::wake && node_.asked_us;
  if (world_.fence == 0 && !world_.leader.empty() && !asked) return;
  if (record_wake_first()) return;
  if (auto wait = start_waits()) return wait_for_turn(*std::move(wait));
  std::vector<PodRef> pods;
  if (want_.needed_by) pods.push_back(*want_.needed_by);
  const auto planned = plan_.steps.size();
  wake_by(wake_methods(node_, policy_).front(), want_.reason, std::move(pods));
  if (plan_.steps.size() == planned) return;
  Step& start = plan_.steps.back();
  start.tokens = start_tokens(policy_, node_);
  if (want_.asker) {
    start.asker = want_.asker;
    // What replaces lost pods takes one of their namespace's as long as there are any.
    const auto token = quota_token(policy_, want_.asker->ns);
    if (token && inrush_.has_token(*token)) start.tokens.push_back(*token);
  }
  start.jitter = inrush_.start_jitter(start.id, node_);
  inrush_.take_start(node_, start.tokens);
}

std::optional<InrushWait> NodePlanner::start_waits() {
  if (auto wait = inrush_.start_waits(node_)) return wait;
  if (!want_.asker || lost_of(world_, want_.asker->controller, now_) > 0) return std::nullopt;
  return inrush_.quota_waits(want_.asker->ns);
}

bool NodePlanner::record_wake_first() {
  if (world_.fence == 0 || !start_is_recorded(policy_, node_)) return false;
  if (boots(node_, policy_, now_)) return false;
  if (auto wait = start_waits()) {
    wait_for_turn(*std::move(wait));
  } else if (add(Verb::record_wake, RecordWake{now_}, want_.reason)) {
    inrush_.take_place(node_);
  }
  return true;
}

void NodePlanner::wake_by(WakeMethod method, Reason reason, std::vector<PodRef> pods) {
  auto order = wake_order(node_, policy_, method);
  order.relays = relays_for(world_, policy_, node_, order, now_);
  add(Verb::wake, std::move(order), std::move(reason), std::move(pods));
}

void NodePlanner::quarantine() {
  constexpr std::int64_t kDoublingsMax = 10;
  const auto failures = node_.wake_failures + 1;
  const auto factor = std::int64_t{1} << std::min(failures - 1, kDoublingsMax);
  const auto until = now_ + policy_.quarantine_base * factor;
  const auto woken_at = node_.sleep.woken_at.value_or(now_);
  const auto slept = woken_at - node_.sleep.since.value_or(woken_at);
  add(Verb::quarantine, QuarantineNode{until, failures, false, slept},
      {"WakeFailed", "not up at its deadline; " + tries_text(node_.up)});
}

}  // namespace ecokube::core
