#include "coordinator/core/wants.h"

#include <algorithm>

#include "coordinator/core/break_even.h"
#include "coordinator/core/failover.h"
#include "coordinator/core/power.h"
#include "coordinator/core/recovery.h"
#include "coordinator/core/relays.h"
#include "coordinator/core/safety_spread.h"
#include "coordinator/core/sleep_limit.h"
#include "coordinator/core/wake_proof.h"

namespace ecokube::core {
namespace {

void sooner(std::optional<TimePoint>& at, TimePoint candidate) {
  at = at ? std::min(*at, candidate) : candidate;
}

/// Nothing keeps it on by habit: on its way to sleep counts, or each restart of ours would wake it.
bool sleeps(Lifecycle state) {
  return state == Lifecycle::powering_down || state == Lifecycle::powered_down ||
         state == Lifecycle::quarantined || state == Lifecycle::unknown;
}

/// What was put down for a test of its wake is woken from here on.
bool is_down_or_coming(Lifecycle state) {
  return state == Lifecycle::powered_down || state == Lifecycle::powering_up ||
         state == Lifecycle::quarantined;
}

std::string seconds_text(Duration duration) {
  return std::to_string((duration.count() + 999) / 1000) + " s";
}

class Wanting {
 public:
  Wanting(const World& world, const Policy& policy, const Placement& placement, TimePoint now)
      : world_(world),
        policy_(policy),
        placement_(placement),
        now_(now),
        sleep_limits_(world, policy, now) {}

  Wants run() {
    for (const auto& [name, node] : world_.nodes) wants_.nodes.push_back(want(node));
    keep_cover();
    keep_floors();
    keep_relays();
    if (const auto at = sleep_limits_.next()) sooner(wants_.reconsider_at, *at);
    return std::move(wants_);
  }

 private:
  NodeWant want(const Node& node) {
    if (auto fixed = hands_off(node)) return std::move(*fixed);
    if (in_recovery_set(policy_, node)) {
      return {node.name, true, {"RecoverySet", "the way back from a failure of the site needs it"}};
    }
    if (auto person = person_wants(node)) return std::move(*person);
    if (left_by_ups(node)) {
      if (const auto until = rests_after_ups(policy_, node, now_)) {
        sooner(wants_.reconsider_at, *until);
      }
      return {node.name, true, {"UpsOff", "its UPS had it switched off; nobody wished that"}};
    }
    if (proves_wake(node) && is_down_or_coming(node.state)) {
      return {node.name, true, {"ProvesWake", "it was put down to prove its wake"}};
    }
    if (node.work_pods > 0 && is_being_freed(node)) {
      return {node.name, false, {"BeingFreed", "it is off, and its pods are given to others"}};
    }
    if (node.work_pods > 0) {
      return {node.name, true, {"HasWork", std::to_string(node.work_pods) + " pods run here"}};
    }
    const auto needed = placement_.needed_for.find(node.name);
    if (needed != placement_.needed_for.end()) {
      const auto& demand = needed->second;
      const auto also = placement_.others.find(node.name);
      auto others = also == placement_.others.end() ? Others() : also->second;
      const auto more = others.count > 0 ? " and " + std::to_string(others.count) + " more" : "";
      return {node.name,  true,         {"NeededFor", "room is needed for " + demand.what + more},
              demand.pod, demand.asker, std::move(others)};
    }
    return idle(node);
  }

  /// Taken out of service by us, or just now: to be woken for its pods would keep them to it.
  bool is_being_freed(const Node& node) const {
    if (state_at(node, policy_, now_) != Lifecycle::unknown) return false;
    return out_of_service_by_us(*node.kube) ||
           (off_now(node, policy_, now_) && node.kube->revision < node.marks_revision);
  }

  std::optional<NodeWant> hands_off(const Node& node) const {
    const bool on = !sleeps(node.state);
    const Pool* pool = node.kube ? pool_of(policy_, node.name, node.kube->labels) : nullptr;
    if (!node.kube) {
      return NodeWant{node.name, on, {"NotInCluster", "Kubernetes has no Node of this name"}};
    }
    if (pool == nullptr) {
      return NodeWant{node.name, on, {"NotInPool", "in no pool; never touched"}};
    }
    if (const auto* hold = hold_at(node, now_)) {
      return NodeWant{node.name, on, {"Held", "held by " + hold->by + ": " + hold->reason}};
    }
    if (wake_all(world_)) {
      return NodeWant{
          node.name, true, {"Evacuating", "everything is woken: " + world_.freeze.now->reason}};
    }
    if (pool->mode == Mode::off) {
      return NodeWant{node.name, on, {"PoolOff", "pool " + pool->name + " has mode off"}};
    }
    return std::nullopt;
  }

  std::optional<NodeWant> person_wants(const Node& node) {
    if (!node.request) return std::nullopt;
    const auto& request = *node.request;
    const std::string who =
        "asked for by " + request.by + (request.reason.empty() ? "" : ": " + request.reason);
    switch (request.verb) {
      case PersonVerb::wake: {
        const auto until = request.until.value_or(request.at + policy_.person_wake_for);
        if (now_ >= until) return std::nullopt;
        sooner(wants_.reconsider_at, until);
        return NodeWant{node.name, true, {"PersonAskedWake", "wake " + who}};
      }
      case PersonVerb::sleep:
        if (request.until && now_ >= *request.until) return std::nullopt;
        return NodeWant{node.name, false, {"PersonAskedSleep", "sleep " + who}};
      case PersonVerb::test_wake: {
        const bool on = is_down_or_coming(node.state);
        return NodeWant{node.name, on, {"TestWake", "test of its wake " + who}};
      }
      case PersonVerb::unquarantine:
      case PersonVerb::hold:
      case PersonVerb::release: break;
    }
    return std::nullopt;
  }

  NodeWant idle(const Node& node) {
    if (auto over = sleep_limits_.over(node)) return {node.name, true, *std::move(over)};
    const Pool& pool = *pool_of(policy_, node.name, node.kube->labels);
    const auto since = node.work_ended_at.value_or(node.since);
    if (!sleeps(node.state)) {
      const auto until = since + unneeded_time(policy_, pool, node);
      if (now_ < until) {
        sooner(wants_.reconsider_at, until);
        return {node.name, true, {"NotUnneededLongEnough", still_needed(pool, node, until)}};
      }
    }
    if (pool.mode == Mode::advise) {
      return {node.name,
              !sleeps(node.state),
              {"Advise",
               "idle; pool " + pool.name + " has mode advise, in mode act it would be put down"}};
    }
    return {node.name, false, {"Idle", "no work and no demand"}};
  }

  std::string still_needed(const Pool& pool, const Node& node, TimePoint until) const {
    auto text = "idle; may be put down in " + seconds_text(until - now_);
    if (pool.unneeded_time) return text;
    const auto saved = break_even(policy_, node);
    if (!saved) return text + ", since no boot of it was seen that tells what its way back costs";
    return text + "; what its boot costs is saved in " + seconds_text(*saved) + " off";
  }

  /// What the loss of any one node would need stays on (S22). Nothing to do where nobody is idle.
  void keep_cover() {
    const auto may_go = [&](const NodeWant& want) {
      const Node& node = world_.nodes.at(want.node);
      return !want.on && !sleeps(node.state) && takes_pods_now(node, policy_, now_);
    };
    if (!policy_.cover_node_loss || world_.replicas.on.empty()) return;
    if (std::none_of(wants_.nodes.begin(), wants_.nodes.end(), may_go)) return;
    const LossTrial trial(world_, policy_, now_);
    for (auto& want : wants_.nodes) {
      const auto* lost = trial.needs(want.node);
      if (lost == nullptr || !may_go(want)) continue;
      want.on = true;
      want.reason = {"NodeLossNotCovered",
                     "its room is kept for the pods of " + *lost + ", were that lost"};
    }
  }

  /// While somebody is left to wake them (S3).
  void keep_relays() {
    const auto want_of = [&](const NodeName& name) -> NodeWant& {
      return *std::ranges::lower_bound(wants_.nodes, name, {}, &NodeWant::node);  // as in World
    };
    const auto may = [&](const Node& node) {
      const auto& want = want_of(node.name);
      return !want.on && want.reason.code == "Idle" && may_be_woken(world_, policy_, node, now_);
    };
    for (const auto& name : sleepers_to_relay(world_, policy_, now_, may)) {
      auto& want = want_of(name);
      want.on = true;
      want.reason = {"KeepsRelay", "too few agents are awake to wake the others of its segment"};
    }
  }

  /// A pool's minimum, and spare room beyond demand, out of those that nobody wants.
  void keep_floors() {
    for (const auto& pool : policy_.pools) {
      std::int64_t on = 0;
      std::int64_t idle_on = 0;
      std::vector<NodeWant*> unwanted;
      for (auto& want : wants_.nodes) {
        const Node& node = world_.nodes.at(want.node);
        if (!node.kube || pool_of(policy_, node.name, node.kube->labels) != &pool) continue;
        if (want.on) ++on;
        if (want.on && want.reason.code == "NotUnneededLongEnough") ++idle_on;
        if (!want.on && want.reason.code == "Idle") unwanted.push_back(&want);
      }
      std::stable_partition(unwanted.begin(), unwanted.end(), [&](const NodeWant* want) {
        return !sleeps(world_.nodes.at(want->node).state);
      });
      const auto missing = std::max(pool.min_on - on, pool.spare - idle_on);
      for (std::int64_t i = 0; i < missing && i < std::ssize(unwanted); ++i) {
        auto& want = *unwanted[static_cast<std::size_t>(i)];
        const bool floor = i < pool.min_on - on;
        want.on = true;
        want.reason =
            floor ? Reason{"NodeGroupMinSizeReached", "pool " + pool.name + " keeps " +
                                                          std::to_string(pool.min_on) + " nodes on"}
                  : Reason{"Spare", "pool " + pool.name + " keeps spare nodes on"};
      }
    }
  }

  const World& world_;
  const Policy& policy_;
  const Placement& placement_;
  TimePoint now_;
  SleepLimits sleep_limits_;
  Wants wants_;
};

}  // namespace

Wants want_nodes(const World& world, const Policy& policy, const Placement& placement,
                 TimePoint now) {
  return Wanting(world, policy, placement, now).run();
}

}  // namespace ecokube::core
