// What agents tell, and what the store remembers of them.
#include <algorithm>
#include <utility>

#include "coordinator/core/apply.h"
#include "coordinator/core/identity.h"
#include "coordinator/core/lifecycle.h"
#include "coordinator/core/recovery.h"
#include "coordinator/core/watts.h"

namespace ecokube::core::detail {
namespace {

/// The node whose current session this is, or nullptr: late words of an older connection.
Node* speaker(World& world, const NodeName& name, std::uint64_t session) {
  const auto at = world.nodes.find(name);
  if (at == world.nodes.end() || at->second.agent.session != session) return nullptr;
  return &at->second;
}

template <class Key>
void move_keys(std::map<Key, std::set<NodeName>>& index, const NodeName& name,
               const std::vector<Key>& before, const std::vector<Key>& after) {
  for (const auto& key : before) {
    const auto at = index.find(key);
    if (at == index.end()) continue;
    at->second.erase(name);
    if (at->second.empty()) index.erase(at);
  }
  for (const auto& key : after) index[key].insert(name);
}

}  // namespace

void take_inventory(World& world, Node& node, Inventory inventory) {
  const auto& before = node.inventory;
  move_keys(world.same_identity, node.name, identities_of(before), identities_of(inventory));
  move_keys(world.on_segment, node.name, segments_of(before), segments_of(inventory));
  node.inventory = std::move(inventory);
}

void on(World& world, const AgentConnected& fact, TimePoint now) {
  Node& node = node_at(world, fact.node, now);
  node.agent = AgentView{};
  node.agent.connected = true;
  node.agent.session = fact.session;
  node.agent.boot_id = fact.inventory.boot_id;
  node.agent.nics = fact.inventory.nics;
  node.agent.heard_at = now;
  node.agent.fence = fact.fence_highest_seen;
  node.bmc.off_under_agent = 0;
  hear_agent(node.bmc);
  node.agent.relays = fact.relays;
  auto inventory = fact.inventory;
  // It asks its BMC and for the kubelet's certificate only after it has said hello.
  const bool same_machine = inventory.machine_id == node.inventory.machine_id;
  if (!inventory.bmc && same_machine) inventory.bmc = node.inventory.bmc;
  if (!inventory.kubelet_certificate && same_machine) {
    inventory.kubelet_certificate = node.inventory.kubelet_certificate;
  }
  take_inventory(world, node, std::move(inventory));
  world.fence_highest_seen = std::max(world.fence_highest_seen, fact.fence_highest_seen);
  follow(world, node, now);
}

void on(World& world, const AgentHeartbeat& fact, TimePoint now) {
  Node* node = speaker(world, fact.node, fact.session);
  if (node == nullptr || !node->agent.connected) return;
  auto& agent = node->agent;
  agent.sequence = fact.sequence;
  agent.boot_id = fact.boot_id;
  agent.heard_at = now;
  agent.uptime = fact.uptime;
  agent.nics = fact.nics;
  agent.vetoes = fact.vetoes;
  agent.sleep_vetoes = fact.sleep_vetoes;
  agent.power = fact.power;
  if (auto peak = peak_shown(*node, fact)) node->peak_seen = peak;
  agent.power_source = fact.power_source;
  agent.power_problem = fact.power_problem;
  agent.energy = fact.energy;
  agent.energy_unknown_intervals = fact.energy_unknown_intervals;
  agent.energy_since = fact.energy_since;
  if (fact.pods) agent.pods = fact.pods;
  agent.fence = fact.fence_highest_seen;
  hear_agent(node->bmc);
  world.fence_highest_seen = std::max(world.fence_highest_seen, agent.fence);
  const bool another = fact.machine && node->inventory.machine != *fact.machine;
  if (another || node->inventory.nics != fact.nics) {
    auto inventory = node->inventory;
    inventory.nics = fact.nics;
    if (fact.machine) inventory.machine = *fact.machine;
    take_inventory(world, *node, std::move(inventory));
  }
  node->inventory.boot_id = fact.boot_id;
  if (fact.boot) node->inventory.boot = *fact.boot;
  if (fact.bmc) node->inventory.bmc = fact.bmc;
  if (fact.kubelet_certificate) node->inventory.kubelet_certificate = fact.kubelet_certificate;
  follow(world, *node, now);
}

void on(World& world, const AgentGoodbye& fact, TimePoint now) {
  Node* node = speaker(world, fact.node, fact.session);
  if (node == nullptr || node->agent.goodbye) return;
  node->agent.goodbye = fact;
  node->agent.heard_at = now;
  hear_agent(node->bmc);
  if (fact.origin == LeaveOrigin::coordinator) {
    // Of this process, or of one before it whose order outlived it: no person's off either way.
    node->down.boot_id = fact.boot_id;
    node->down.command_id = fact.command_id;
    node->down.refused = false;
    node->sleep.left = node->sleep.life == fact.boot_id;
    node->waking_at.reset();  // that wake has led to something: it was up
    return enter(*node, Lifecycle::powering_down, now);
  }
  const bool wanted_on = node->request && node->request->verb == PersonVerb::wake;
  if (fact.origin == LeaveOrigin::person &&
      wanted_on) {  // the later word counts, after a restart too
    node->request.reset();
    node->request_unsaved = true;
  }
  node->last_problem = "the agent left by itself: " + std::string(to_string(fact.origin));
  if (fact.origin == LeaveOrigin::ups) note_ups_off(*node, now);
  // That the power fails is nobody's wish (S24), and a service that stops leaves its machine on.
  const bool persons = fact.origin != LeaveOrigin::service_stop && fact.origin != LeaveOrigin::ups;
  enter(*node, persons ? Lifecycle::maintenance : Lifecycle::unknown, now);
}

void on(World& world, const AgentDisconnected& fact, TimePoint now) {
  Node* node = speaker(world, fact.node, fact.session);
  if (node == nullptr) return;
  node->agent.connected = false;
  node->agent.closed_at = now;
  // Nobody waits for a boot that nobody asked for.
  const bool by_itself = node->state == Lifecycle::powering_up && !node->up.asked_at;
  if (by_itself && !node->agent.goodbye) enter(*node, Lifecycle::unknown, now);
}

void on(World& world, const Recovered& fact, TimePoint now) {
  for (const auto& remembered : fact.nodes) {
    Node& node = node_at(world, remembered.name, now);
    take_inventory(world, node, remembered.inventory);
    node.boot_times = remembered.boot_times;
    node.wake_proven_at = remembered.wake_proven_at;
    node.wake_proven_boot = remembered.wake_proven_boot;
    node.wake_proven_sleep = remembered.wake_proven_sleep;
    node.wake_proven_mode = remembered.wake_proven_mode;
    node.peak_seen = remembered.peak_seen;
    node.downs = remembered.downs;
    // Past every id that the last process may have used.
    node.transition = remembered.transition + 1;
    if (!remembered.goodbye) continue;
    const bool by_ups = remembered.goodbye->origin == LeaveOrigin::ups;
    if (!by_ups && remembered.goodbye->origin != LeaveOrigin::coordinator) continue;
    node.agent.goodbye = remembered.goodbye;
    node.agent.closed_at = now;
    if (by_ups) {
      // The same failure may have stopped us, too; how long it lasted is not known.
      node.agent.heard_at = now;
      node.ups_offs = 1;
      continue;
    }
    // It said goodbye for our step before we were stopped: silence from now on proves the rest.
    node.down.boot_id = remembered.goodbye->boot_id;
    node.down.command_id = remembered.goodbye->command_id;
    node.marked = true;
    enter(node, Lifecycle::powering_down, now);
  }
  for (const auto& id : fact.unfinished) {
    const auto at = world.nodes.find(id.subject);
    if (at == world.nodes.end()) continue;
    at->second.transition = std::max(at->second.transition, id.transition + 1);
  }
}

}  // namespace ecokube::core::detail

namespace ecokube::core {

RememberedNode remembered(const Node& node) {
  return {node.name,
          node.inventory,
          node.boot_times,
          node.wake_proven_at,
          node.downs,
          node.agent.goodbye,
          node.transition,
          node.wake_proven_boot,
          node.wake_proven_sleep,
          node.wake_proven_mode,
          node.peak_seen};
}

}  // namespace ecokube::core
