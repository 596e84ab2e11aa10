#include "bent_world.h"

#include <array>
#include <utility>

#include "coordinator/core/apply.h"
#include "coordinator/core/inrush.h"
#include "coordinator/core/quota.h"

namespace ecokube::core::test {

void Bender::bend(Bench& bench) {
  Node& node = some_node(bench.world);
  switch (draw(5)) {
    case 4: return bend_identity(bench.world, node);
    case 0: return bend_around(bench, node);
    case 1: return bend_node(node, bench.now);
    case 2: return bend_bmc(bench);
    default: return bend_way_down(node);
  }
}

Node& Bender::some_node(World& world) {
  auto at = world.nodes.begin();
  std::advance(at, draw(std::ssize(world.nodes)));
  return at->second;
}

void Bender::bend_around(Bench& bench, Node& node) {
  World& world = bench.world;
  Pool& pool = bench.policy.pools.front();
  switch (draw(28)) {
    case 26: return bend_certificates(bench);
    case 23: return bend_watts(bench);
    case 24: return bend_quota(bench);
    case 25: bench.policy.recovery.names = {node.name, "w2"}; return;
    case 0: world.cluster_ok = false; return;
    case 1: world.cluster_seen_at = bench.now - seconds(29 + draw(3)); return;
    case 2: world.went_backwards_at = bench.now - seconds(29 + draw(3)); return;
    case 3: world.fence = draw(3); return;
    case 4: world.lease_valid_until = bench.now + Duration(draw(3) - 1); return;
    case 5: world.fence_highest_seen = draw(3); return;
    case 6: bench.policy.dry_run = true; return;
    case 7: pool.min_on = draw(4); return;
    case 8: pool.mode = Mode::advise; return;
    case 9: bench.policy.host_node = node.name; return;
    case 10: bench.policy.unready_percent_max = draw(100); return;
    case 11: bench.policy.downs_per_day_max = draw(3); return;
    case 12: world.freeze.now = Freeze{draw(2) == 0, "anna", ""}; return;
    case 13: world.attachments["a"] = {"a", 1, node.name, "disk"}; return;
    case 14: world.local_volumes["v"] = {"v", 1, {node.name}, "default/data"}; return;
    case 15: node.kube->owned_by = "kured"; return;
    case 19: return bend_proofs(bench);
    case 21: return bend_sleep(bench);
    case 22: return bend_services(bench, node);
    case 20: return bend_segments(bench);
    case 17: return bend_buckets(bench);
    case 18: return bend_booting(bench, node);
    case 16: world.pods.at("uid-free").scheduler = "another"; return;
    default: return bend_pods(world, node);
  }
}

/// The pool proves wakes itself, and one of it may be under way.
void Bender::bend_proofs(Bench& bench) {
  bench.policy.pools.front().prove_wakes = true;
  for (auto& [name, node] : bench.world.nodes) {
    if (draw(3) == 0) node.wake_proven_at.reset();
    if (draw(8) == 0)
      node.wake_proven_at = bench.now - bench.policy.wake_proof_age_max - Duration(draw(2));
    if (draw(12) == 0) node.marked = node.marked_proof = true;
  }
}

/// Some can suspend, some were seen to wake from that, and some of the marked are to do it.
void Bender::bend_sleep(Bench& bench) {
  if (draw(3) != 0) bench.policy.pools.front().sleep_mode = SleepMode::suspend;
  for (auto& [name, node] : bench.world.nodes) {
    node.inventory.machine.can_suspend = draw(3) != 0;
    if (draw(2) == 0) node.wake_proven_mode = SleepMode::suspend;
    if (draw(2) == 0) node.sleep.mode = SleepMode::suspend;
  }
}

/// All are on one of two segments that the coordinator is not on; some know an address for their
/// packets, and some are no relays.
void Bender::bend_segments(Bench& bench) {
  for (auto& [name, node] : bench.world.nodes) {
    auto inventory = node.inventory;
    const auto* subnet = draw(3) == 0 ? "10.0.2.7/24" : "10.0.1.7/24";
    inventory.nics.front().subnets = {*Ipv4Subnet::parse(subnet)};
    if (draw(4) != 0) inventory.wake_address.clear();
    node.agent.relays = draw(4) != 0;
    detail::take_inventory(bench.world, node, std::move(inventory));
  }
}

void Bender::bend_pods(World& world, Node& node) {
  constexpr std::array kOwners{"DaemonSet", "Job", "ReplicaSet", ""};
  KubePod pod = bound_pod("late", node.name);
  pod.owner_kind = kOwners[static_cast<std::size_t>(draw(std::ssize(kOwners)))];
  pod.phase = draw(4) == 0 ? PodPhase::succeeded : PodPhase::running;
  pod.local_storage = draw(8) == 0;
  if (draw(8) == 0) pod.labels["ecokube.io/quorum"] = "db";
  if (draw(8) == 0) pod.safe_to_evict = false;
  world.pods_on[node.name].insert(pod.uid);
  world.pods[pod.uid] = pod;
  add_replica(world, pod);
  share_out(world, node.name);
}

void Bender::bend_node(Node& node, TimePoint now) {
  switch (draw(16)) {
    case 14: node.marked = true; return;
    case 15:
      node.agent.heard_at.reset();
      node.state = Lifecycle::unknown;
      return;
    case 0: node.kube->unschedulable = true; return;
    case 1: node.kube->ready = Readiness::not_ready; return;
    case 2: node.kube->labels.erase("role"); return;
    case 3: node.kube->labels["node-role.kubernetes.io/control-plane"] = ""; return;
    case 4: node.hold = Hold{"anna", "", now + seconds(draw(3) - 1)}; return;
    case 5: node.agent.vetoes = {"no"}; return;
    case 6: node.agent.heard_at = now - seconds(19 + draw(3)); return;
    case 7: node.agent.connected = false; return;
    case 8:
      for (auto& nic : node.agent.nics) nic.wake_armed = false;
      return;
    case 9: node.inventory.wake_address.clear(); return;
    case 10: node.wake_proven_at.reset(); return;
    case 11:
      node.downs.assign(static_cast<std::size_t>(draw(30)), now - minutes(draw(3000)));
      return;
    case 12: node.work_ended_at = now - seconds(59 + draw(3)); return;
    default:
      node.request = Request{draw(2) == 0 ? PersonVerb::sleep : PersonVerb::wake, "anna", "",
                             now - seconds(draw(200)), now + seconds(draw(3) - 1)};
  }
}

void Bender::bend_identity(World& world, Node& node) {
  auto inventory = node.inventory;
  switch (draw(6)) {
    case 0: inventory.machine.smbios_uuid = guid_of(node.name); break;
    case 1: inventory.machine.smbios_uuid = guid_of("w7"); break;
    case 2: node.kube->system_uuid = guid_of(node.name); break;
    case 3: node.kube->machine_id = "machine-w7"; break;
    case 4: inventory.boot.fingerprint = "b007"; break;
    default: node.wake_proven_boot = "b007";
  }
  detail::take_inventory(world, node, std::move(inventory));
}

void Bender::bend_bmc(Bench& bench) {
  const NodeName name = draw(2) == 0 ? "w8" : "w9";
  auto& bmc = bench.world.nodes.at(name).bmc;
  switch (draw(9)) {
    case 0: bmc.equal = static_cast<int>(draw(3)); return;
    case 1: bmc.on = draw(2) == 0; return;
    case 2: bmc.on.reset(); return;
    case 3: *bmc.read_at = bench.now - bench.policy.bmc_poll * 3 + seconds(draw(3) - 1); return;
    case 4: bmc.guid = guid_of("w7"); return;
    case 5: bmc.contradicts = true; return;
    case 6: bench.policy.nodes[name].bmc = false; return;
    case 7: bench.see(PodDeleted{"uid-dead", 0}); return;
    default: bench.world.nodes.at(name).agent.heard_at = bench.now - seconds(draw(40));
  }
}

void Bender::bend_way_down(Node& node) {
  auto& down = node.down;
  switch (draw(11)) {
    case 0: down.work_found = true; return;
    case 7: down.offs_ordered = draw(3); return;
    case 8: node.agent.goodbye.reset(); return;
    case 9:
      if (node.agent.closed_at) *node.agent.closed_at += seconds(draw(400));
      return;
    case 10:
      if (node.agent.goodbye) node.agent.goodbye->origin = LeaveOrigin::person;
      return;
    case 1: down.listed_at.reset(); return;
    case 2:
      if (down.listed_revision) *down.listed_revision -= draw(3);
      return;
    case 3:
      if (down.listed_at) *down.listed_at -= Duration(draw(3));
      return;
    case 4: node.agent.boot_id = "another"; return;
    case 5: node.kube->taints.clear(); return;
    default: ++node.transition;
  }
}

Bench all_kinds() {
  Bench bench;
  bench.policy.nodes["w8"].bmc = bench.policy.nodes["w9"].bmc = true;
  bench.policy.pools.front().hard_off = true;
  bench.fleet({"w1", "w2", "w3", "w4", "w5", "w6", "w7", "w8", "w9"});
  bench.see(PodSeen{bound_pod("moves", "w6")});
  bench.see(PodSeen{bound_pod("stays", "w7")});
  const Step shutdown = bench.take_down("w9");
  bench.goodbye("w9", LeaveOrigin::coordinator, shutdown.id.text());
  bench.hang_up("w9");
  bench.pass(bench.policy.down_deadline);
  bench.put_to_sleep("w4");
  bench.goodbye("w5", LeaveOrigin::person);
  bench.hang_up("w5");
  bench.see(PodSeen{bound_pod("dead", "w8")});
  bench.hang_up("w8");
  bench.pass(*bench.policy.pools.front().unneeded_time);
  auto dead = worker("w8");
  dead.ready = Readiness::unknown;
  dead.system_uuid = guid_of("w8");
  bench.see_node(dead);
  bench.see_marked("w9", true, Readiness::unknown);
  auto hangs = *bench.node("w9").kube;
  hangs.system_uuid = guid_of("w9");
  bench.see_node(hangs);
  for (int i = 0; i < kEqualReadings; ++i) {
    bench.see(BmcSeen{"w8", false, guid_of("w8")});
    bench.see(BmcSeen{"w9", true, guid_of("w9")});
  }
  bench.run("w1", Verb::mark);
  bench.see_marked("w1", true, Readiness::ready);
  bench.pass(bench.policy.settle);
  bench.run("w1", Verb::list_pods);
  bench.ask("w6", PersonVerb::sleep);
  bench.run("w6", Verb::mark);
  KubePod theirs = pending_pod("theirs");
  bench.see(PodSeen{theirs});
  KubePod asking = our_pod("asking");
  asking.node_selector = {{"kubernetes.io/hostname", "w2"}};
  bench.see(PodSeen{asking});
  bench.end(bench.start(subject_of(ref_of(asking)), Verb::bind), Outcome::failed);
  bench.see(PodSeen{our_pod("free")});
  bench.see_marked("w6", true, Readiness::ready);
  return bench;
}

std::vector<Step> hostile_steps(const World& world, const Policy& policy) {
  std::vector<Step> steps;
  for (const auto& [name, node] : world.nodes) {
    const auto id = [&](Verb verb) { return StepId{name, verb, node.transition, 1}; };
    steps.push_back({id(Verb::mark), MarkNode{0, "", false, ""}, {}, 1});
    steps.push_back({id(Verb::evict), EvictPods{{{"uid-moves", "default", "moves"}}}, {}, 1});
    steps.push_back({id(Verb::evict), EvictPods{{{"uid-late", "default", "late"}}}, {}, 1});
    steps.push_back(
        {id(Verb::shutdown), ShutdownNode{1, {}}, {}, 1, {}, down_tokens(policy, node)});
    steps.push_back({id(Verb::shutdown),
                     ShutdownNode{1, {}, SleepMode::suspend},
                     {},
                     1,
                     {},
                     down_tokens(policy, node)});
    steps.push_back(
        {id(Verb::out_of_service), TakeOutOfService{node.kube ? node.kube->revision : 0}, {}, 1});
    const Revision revision = node.kube ? node.kube->revision : 0;
    for (const bool hard : {false, true}) {
      steps.push_back({id(Verb::power_off), PowerOff{hard, guid_of(name), revision}, {}, 1});
    }
    steps.push_back({id(Verb::unmark), UnmarkNode{}, {}, 1});
    steps.push_back(
        {id(Verb::wake), WakeNode{"127.0.0.255:9", {}}, {}, 1, {}, start_tokens(policy, node)});
    steps.push_back(
        {id(Verb::record_off), RecordOff{"off", world.now, MarkNode{0, "", false, ""}}, {}, 1});
    for (const auto* pod : {"free", "asking", "theirs"}) {
      const PodRef ref{std::string("uid-") + pod, "default", pod};
      steps.push_back({{subject_of(ref), Verb::bind, 0, 1}, BindPod{ref, name}, {}, 1, {ref}});
    }
  }
  return steps;
}

std::vector<Step> wakes_for_a_pod(const World& world, const Policy& policy) {
  std::vector<Step> steps;
  for (const auto& [name, node] : world.nodes) {
    const StepId id{name, Verb::wake, node.transition, 1};
    Step wake{id, WakeNode{"127.0.0.255:9", {}}, {}, 1, {}, start_tokens(policy, node)};
    wake.pods = {{"uid-theirs", "default", "theirs"}};
    wake.asker = Asker{"default", "default/ReplicaSet/app"};
    steps.push_back(wake);
    const auto token = quota_token(policy, "default");
    if (!token) continue;
    wake.tokens.push_back(*token);
    steps.push_back(wake);
  }
  return steps;
}

}  // namespace ecokube::core::test
