#include "coordinator/core/lifecycle.h"

#include <algorithm>

#include "coordinator/core/life.h"
#include "coordinator/core/marks.h"
#include "coordinator/core/sleep_limit.h"
#include "coordinator/core/wake_proof.h"

namespace ecokube::core {
namespace {

constexpr std::size_t kBootTimesKept = 20;

/// The machine is up with a boot we did not see go down; wait for Kubernetes, then it is Ready.
void enter_booted(Node& node, TimePoint now) {
  const bool ours = node.state == Lifecycle::powering_up && node.up.asked_at.has_value();
  if (!ours) node.up = WayUp{};
  node.up.boot_proven = true;
  enter(node, Lifecycle::powering_up, now);
}

/// The boot that the mark on the Node was to bring down; empty: no mark says one.
std::string marked_boot(const Node& node) {
  if (!node.marked || !node.kube) return {};
  const auto annotation = node.kube->annotations.find(std::string(names::kIntent));
  if (annotation == node.kube->annotations.end()) return {};
  const auto intent = parse_intent(annotation->second);
  return intent ? intent->boot_id : std::string();
}

bool marked_to_go_down(const Node& node) {
  const auto boot = marked_boot(node);
  return !boot.empty() && boot == node.agent.boot_id;
}

/// What a crash of ours left, or what the leader does while we stand by.
void resume_way_down(Node& node, TimePoint now) {
  node.down = WayDown{};
  node.down.boot_id = node.agent.boot_id;
  node.down.mark_revision = node.kube->revision;
  node.down.marked_at = now;
  node.down.resumed = true;
  enter(node, Lifecycle::draining, now);
}

void finish_way_up(Node& node, TimePoint now) {
  if (shows_wake(node)) {
    const auto shown = what_wake_shows(node);
    node.wake_proven_at = now;
    node.wake_proven_sleep = slept_at_wake(node);
    node.wake_proven_boot = shown.boot;
    node.wake_proven_mode = shown.mode;
    node.proof_failed = false;
  } else if (voids_proof(node)) {
    node.wake_proven_at.reset();
  }
  if (node.up.asked_at) {
    node.boot_times.push_back(now - node.up.method_at.value_or(*node.up.asked_at));
    if (node.boot_times.size() > kBootTimesKept) node.boot_times.erase(node.boot_times.begin());
    if (node.request && node.request->verb == PersonVerb::test_wake) {
      node.request.reset();
      node.request_unsaved = true;
    }
  }
  node.wake_failures = 0;
  node.sleep = {};
  node.quarantined_until.reset();
  node.down = WayDown{};
  node.devices_before.clear();
  node.work_ended_at = now;
  enter(node, Lifecycle::ready, now);
}

void from_unknown(Node& node, TimePoint now) {
  if (!node.kube) return;
  if (!node.marked) {
    if (!kube_ready(node)) return enter_booted(node, now);
    node.work_ended_at = now;
    return enter(node, Lifecycle::ready, now);
  }
  if (marked_to_go_down(node)) return resume_way_down(node, now);
  enter_booted(node, now);
}

/// The leader that had marked it took its mark off again.
void leave_way_down(Node& node, TimePoint now) {
  node.down = WayDown{};
  node.sleep = {};
  node.work_ended_at = now;
  enter(node, Lifecycle::ready, now);
}

void on_the_way_up(Node& node, bool heard, TimePoint now) {
  const auto gone = marked_boot(node);
  if (heard && never_slept(node)) node.up = WayUp{};
  if (heard && (never_slept(node) || node.agent.boot_id != node.up.old_boot_id)) {
    node.up.boot_proven = true;
  } else if (heard && !gone.empty() && node.agent.boot_id != gone) {
    // It had booted before we asked: that the process before us woke it was forgotten with it.
    node.up = WayUp{};
    node.up.boot_proven = true;
  }
  const bool ready = node.up.boot_proven && heard && kube_ready(node);
  if (ready && !node.up.ready_at) node.up.ready_at = now;
  if (ready && !node.marked) finish_way_up(node, now);
}

}  // namespace

bool kube_ready(const Node& node) {
  return node.kube && node.kube->ready == Readiness::ready &&
         (node.kube->boot_id.empty() || node.agent.boot_id.empty() ||
          node.kube->boot_id == boot_of(node.agent.boot_id));
}

bool is_away(const Node& node) {
  switch (node.state) {
    case Lifecycle::powering_down:
    case Lifecycle::powered_down:
    case Lifecycle::quarantined: return true;
    case Lifecycle::powering_up: return node.up.asked_at.has_value();
    case Lifecycle::unknown: return node.marked;
    case Lifecycle::ready:
    case Lifecycle::draining:
    case Lifecycle::maintenance: return false;
  }
  return true;
}

void enter(Node& node, Lifecycle state, TimePoint now) {
  if (node.state == state) return;
  node.state = state;
  node.since = now;
  ++node.transition;
  node.attempts.clear();
  node.retry_not_before.clear();
}

void follow_evidence(Node& node, TimePoint now) {
  const bool heard = node.agent.connected && !node.agent.boot_id.empty();
  const bool new_boot = heard && node.agent.boot_id != node.down.boot_id;
  switch (node.state) {
    case Lifecycle::unknown:
    case Lifecycle::maintenance:
      if (heard) from_unknown(node, now);
      break;
    case Lifecycle::ready:
      // `down.boot_id` of a Ready node is the boot it became Ready with.
      if (heard && node.down.boot_id.empty()) node.down.boot_id = node.agent.boot_id;
      if (heard && node.agent.boot_id != node.down.boot_id) {
        enter_booted(node, now);
      } else if (heard && marked_to_go_down(node)) {
        resume_way_down(node, now);
      }
      break;
    case Lifecycle::draining:
      if (node.down.resumed && !node.marked) leave_way_down(node, now);
      [[fallthrough]];
    case Lifecycle::powering_down:
      if (new_boot) enter_booted(node, now);
      break;
    case Lifecycle::powered_down:
    case Lifecycle::quarantined:
      if (heard) enter_booted(node, now);
      break;
    case Lifecycle::powering_up: break;
  }
  if (node.state == Lifecycle::powering_up) on_the_way_up(node, heard, now);
}

std::string tries_text(const WayUp& up) {
  std::string text = std::to_string(up.packets) + " packets";
  if (up.orders > 0) text += " and " + std::to_string(up.orders) + " orders to its BMC";
  return text + " were sent";
}

bool agent_alive(const Node& node, const Policy& policy, TimePoint now) {
  return node.agent.connected && node.agent.heard_at &&
         now - *node.agent.heard_at <= policy.heartbeat_age_max;
}

bool cordoned_by_other(const Node& node) {
  return node.kube && node.kube->unschedulable &&
         !node.kube->annotations.contains(std::string(names::kCordonedByUs));
}

bool mark_stands(const Node& node) {
  if (!node.kube || !node.down.mark_revision) return false;
  if (node.kube->revision < *node.down.mark_revision) return true;
  return std::any_of(node.kube->taints.begin(), node.kube->taints.end(), [](const Taint& taint) {
    return taint.key == names::kTaint && taint.effect == "NoSchedule";
  });
}

bool softly_tainted(const Node& node) {
  return node.kube &&
         std::any_of(node.kube->taints.begin(), node.kube->taints.end(),
                     [](const Taint& taint) { return taint.key == names::kCandidate; });
}

bool may_obey_another(const World& world, const Node& node) {
  return node.down.resumed && node.agent.fence < world.fence;
}

const Hold* hold_at(const Node& node, TimePoint now) {
  if (!node.hold || (node.hold->until && *node.hold->until <= now)) return nullptr;
  return &*node.hold;
}

bool wake_all(const World& world) { return world.freeze.now && world.freeze.now->wake_all; }

Lifecycle state_at(const Node& node, const Policy& policy, TimePoint now) {
  const bool should_speak = node.state == Lifecycle::ready || node.state == Lifecycle::draining ||
                            (node.state == Lifecycle::powering_down && !node.agent.goodbye);
  return should_speak && !agent_alive(node, policy, now) ? Lifecycle::unknown : node.state;
}

}  // namespace ecokube::core
