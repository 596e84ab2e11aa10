// What a Node object says, and what our annotations on it tell a successor (S8, S23).
#include <algorithm>
#include <utility>

#include "coordinator/core/apply.h"
#include "coordinator/core/lifecycle.h"
#include "coordinator/core/marks.h"
#include "coordinator/core/node_services.h"
#include "coordinator/core/requests.h"
#include "coordinator/core/wake_chain.h"

namespace ecokube::core::detail {
namespace {

bool carries_our_mark(const KubeNode& kube) {
  const bool tainted = std::any_of(kube.taints.begin(), kube.taints.end(),
                                   [](const Taint& taint) { return taint.key == names::kTaint; });
  return tainted || kube.annotations.contains(std::string(names::kIntent));
}

std::string_view annotation(const KubeNode& kube, std::string_view name) {
  const auto at = kube.annotations.find(std::string(name));
  return at == kube.annotations.end() ? std::string_view() : std::string_view(at->second);
}

/// A hold or request of ours is on its way to the Node, or this view of it is from before that.
bool is_older_than_our_words(const Node& node, const KubeNode& kube) {
  const bool on_its_way =
      std::any_of(node.in_flight.begin(), node.in_flight.end(), [](const auto& entry) {
        return entry.first.verb == Verb::record_hold || entry.first.verb == Verb::record_request;
      });
  return on_its_way || kube.revision < node.said_revision;
}

/// What another coordinator was asked, or one before us.
void adopt(Node& node, std::optional<Request> request) {
  if (node.request == request) return;
  node.request = std::move(request);
  node.asked_us = false;
  if (!node.request) return;
  node.down_not_before.reset();
  node.quarantined_until.reset();
}

/// Safety state that belongs to the cluster (S23).
void read_marks(Node& node, const KubeNode& kube) {
  if (kube.revision >= node.marks_revision) {
    node.marked = carries_our_mark(kube);
    const auto intent = parse_intent(annotation(kube, names::kIntent));
    node.marked_unproven = intent && intent->boot_unproven;
    node.marked_proof = intent && intent->proves_wake;
    if (intent) {
      node.sleep.mode = intent->mode;
      node.sleep.life = intent->boot_id;
    }
    node.off_recorded = annotation(kube, names::kPower).starts_with("off");
    if (const auto since = parse_off_since(annotation(kube, names::kPower))) {
      node.sleep.since = since;
    }
    const auto waking = parse_waking(annotation(kube, names::kWaking));
    if (waking && (!node.waking_at || *node.waking_at < *waking)) {
      node.waking_at = waking;
      node.waking_unsent = false;
    }
  }
  if (!is_older_than_our_words(node, kube)) {
    if (!node.hold_unsaved) node.hold = parse_hold(annotation(kube, names::kHold));
    if (request_text(kube) == request_text(node)) node.request_unsaved = false;
    if (!node.request_unsaved) adopt(node, parse_request(request_text(kube)));
  }
}

/// What its wakes have shown (S15).
void read_wake_proof(Node& node, const KubeNode& kube) {
  const auto shown = annotation(kube, names::kWakeProof);
  if (kube.revision >= node.marks_revision) {
    node.proof_failed = is_failed_proof(shown);
    if (node.proof_failed || is_void_proof(shown)) node.wake_proven_at.reset();
  }
  const auto proven_at = parse_wake_proof(shown);
  if (!proven_at || (node.wake_proven_at && *node.wake_proven_at >= *proven_at)) return;
  node.wake_proven_at = proven_at;
  node.wake_proven_boot = parse_wake_proof_boot(shown);
  node.wake_proven_sleep = parse_wake_proof_sleep(shown);
  node.wake_proven_mode = parse_wake_proof_mode(shown);
}

/// How it is woken, where no agent and no store has told us. An address that follows from its
/// segments is none that somebody gave.
void read_recipe(World& world, Node& node, const KubeNode& kube) {
  if (!node.inventory.nics.empty()) return;
  const auto recipe = parse_wake_recipe(annotation(kube, names::kWakeRecipe));
  if (!recipe) return;
  auto inventory = node.inventory;
  for (const auto& mac : recipe->macs) inventory.nics.push_back({"", mac, false, true});
  if (!inventory.nics.empty()) inventory.nics.front().subnets = recipe->segments;
  const bool derived = std::any_of(
      recipe->segments.begin(), recipe->segments.end(),
      [&](const Ipv4Subnet& segment) { return recipe->address == broadcast_address(segment); });
  if (!derived) inventory.wake_address = recipe->address;
  take_inventory(world, node, std::move(inventory));
}

/// A coordinator before this one gave up waking it, and nothing was heard of it since: a node that
/// the store remembers asleep is no sleeper to rely on (S7).
void recall_quarantine(Node& node, const KubeNode& kube, TimePoint now) {
  const bool asleep =
      node.state == Lifecycle::powering_down || node.state == Lifecycle::powered_down;
  // A newer way down than the quarantine.
  const bool by_us = node.down.mark_revision.has_value() && !node.down.resumed;
  if (node.state != Lifecycle::unknown && (!asleep || by_us)) return;
  if (node.agent.connected || kube.revision < node.marks_revision) return;
  const auto quarantine = parse_quarantine(annotation(kube, names::kQuarantine));
  if (!quarantine) return;
  node.quarantined_until = quarantine->until;
  node.wake_failures = quarantine->failures;
  if (node.sleep.since) node.sleep.woken_at = *node.sleep.since + quarantine->slept;
  node.last_problem = "did not come up when it was woken, " + std::to_string(quarantine->failures) +
                      " times in a row";
  enter(node, Lifecycle::quarantined, now);
}

/// Another coordinator saw it go off and wrote that on the Node, and nothing has been heard since.
void recall_sleep(Node& node, const KubeNode& kube, TimePoint now) {
  const bool said_so = node.state == Lifecycle::powering_down && node.agent.goodbye;
  const bool missed_it = node.state == Lifecycle::draining && node.down.resumed;
  if (node.state != Lifecycle::unknown && !said_so && !missed_it) return;
  if (node.agent.connected || kube.ready == Readiness::ready) return;
  if (node.marked && node.off_recorded) enter(node, Lifecycle::powered_down, now);
}

}  // namespace

void see_node(World& world, const KubeNode& kube, TimePoint now) {
  Node& node = node_at(world, kube.name, now);
  see_devices(node, kube);
  node.kube = kube;
  read_marks(node, kube);
  read_wake_proof(node, kube);
  read_recipe(world, node, kube);
  recall_quarantine(node, kube, now);
  recall_sleep(node, kube, now);
  follow(world, node, now);
}

}  // namespace ecokube::core::detail
