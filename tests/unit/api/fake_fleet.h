#pragma once

#include <map>
#include <utility>
#include <vector>

#include "coordinator/fleet.h"

namespace ecokube::test {

inline constexpr TimePoint kNow = from_ms(1'763'802'600'250);  // 2025-11-22T09:10:00.250Z

/// A loop that stands still: a World made by hand, and what was posted.
class FakeFleet final : public Fleet {
 public:
  core::World world_value;
  core::Policy policy_value;
  core::Plan plan_value;
  std::vector<core::Fact> posted;
  std::vector<FleetEvent> kept;
  std::map<std::uint64_t, Listener> listeners;

  const core::World& world() const override { return world_value; }
  const core::Policy& policy() const override { return policy_value; }
  const core::Plan& plan() const override { return plan_value; }
  TimePoint now() const override { return kNow; }
  void post(core::Fact fact) override { posted.push_back(std::move(fact)); }
  std::uint64_t subscribe(Listener listener) override {
    listeners.emplace(++subscriptions_, std::move(listener));
    return subscriptions_;
  }
  void unsubscribe(std::uint64_t subscription) override { listeners.erase(subscription); }
  std::vector<FleetEvent> events_after(std::uint64_t after) const override {
    std::vector<FleetEvent> found;
    for (const auto& event : kept) {
      if (event.id > after) found.push_back(event);
    }
    return found;
  }

  void tell(FleetEvent event) {
    kept.push_back(event);
    for (const auto& [id, listener] : listeners) listener(event);
  }

 private:
  std::uint64_t subscriptions_ = 0;
};

inline FleetEvent event(std::uint64_t id, std::string kind, std::string text) {
  FleetEvent made;
  made.id = id;
  made.at = kNow;
  made.kind = std::move(kind);
  made.subject = "worker1";
  made.text = std::move(text);
  return made;
}

inline core::KubePod pod_named(std::string uid, std::string ns, std::string name) {
  core::KubePod pod;
  pod.uid = std::move(uid);
  pod.ns = std::move(ns);
  pod.name = std::move(name);
  return pod;
}

/// A node that is on, empty, armed and proven.
inline core::Node ready_node(std::string name) {
  core::Node node;
  node.name = name;
  core::KubeNode kube;
  kube.name = name;
  kube.revision = 100;
  kube.ready = core::Readiness::ready;
  kube.boot_id = "boot-a";
  kube.allocatable = {1300, 2LL << 30, 20};
  kube.labels = {{"role", "worker"}};
  node.kube = kube;
  node.state = core::Lifecycle::ready;
  node.transition = 4;
  node.since = kNow - std::chrono::minutes(5);
  const core::NicFacts nic{"eth0", MacAddress({0x52, 0x54, 0, 0, 0, 1}), true, true};
  node.inventory.boot_id = "boot-a";
  node.inventory.nics = {nic};
  node.inventory.wake_address = "127.0.10.11:40009";
  node.agent.connected = true;
  node.agent.session = 1;
  node.agent.sequence = 7;
  node.agent.boot_id = "boot-a";
  node.agent.heard_at = kNow - std::chrono::seconds(1);
  node.agent.nics = {nic};
  node.agent.power = Power::milliwatts(14'250);
  node.agent.power_source = "rapl";
  node.agent.energy = Energy::joules(1200);
  node.agent.energy_unknown_intervals = 3;
  node.agent.energy_since = Duration(20'000);
  node.wake_proven_at = kNow - std::chrono::hours(1);
  node.boot_times = {Duration(8000), Duration(9500), Duration(8200)};
  node.work_ended_at = node.since;
  return node;
}

inline core::Node sleeping_node(std::string name) {
  core::Node node = ready_node(std::move(name));
  node.state = core::Lifecycle::powered_down;
  node.kube->ready = core::Readiness::unknown;
  node.agent.connected = false;
  node.agent.heard_at = kNow - std::chrono::minutes(5);
  node.agent.closed_at = kNow - std::chrono::minutes(5);
  core::AgentGoodbye goodbye;
  goodbye.node = node.name;
  goodbye.session = 1;
  goodbye.origin = core::LeaveOrigin::coordinator;
  goodbye.boot_id = "boot-a";
  node.agent.goodbye = goodbye;
  node.down.boot_id = "boot-a";
  return node;
}

/// worker1 on and idle, worker2 asleep, in a pool in mode act, with a Lease and a fresh view.
inline void fill(FakeFleet& fleet) {
  auto& world = fleet.world_value;
  world.now = kNow;
  world.nodes.emplace("worker1", ready_node("worker1"));
  world.nodes.emplace("worker2", sleeping_node("worker2"));
  world.cluster_listed = true;
  world.cluster_ok = true;
  world.cluster_seen_at = kNow - std::chrono::seconds(2);
  world.revision = 120;
  world.fence = 3;
  world.fence_highest_seen = 3;
  world.lease_valid_until = kNow + std::chrono::seconds(10);
  core::Pool pool;
  pool.name = "workers";
  pool.node_selector = {{"role", "worker"}};
  pool.mode = core::Mode::act;
  pool.unneeded_time = Duration(0);
  fleet.policy_value.pools.push_back(pool);
  fleet.plan_value.nodes = {{"worker1", false, {"Idle", "no work and no demand"}},
                            {"worker2", false, {"Idle", "no work and no demand"}}};
}

}  // namespace ecokube::test
