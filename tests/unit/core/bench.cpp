#include "bench.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "coordinator/core/life.h"
#include "coordinator/core/marks.h"

namespace ecokube::core::test {

Policy worker_policy() {
  Policy policy;
  Pool pool;
  pool.name = "workers";
  pool.node_selector = {{"role", "worker"}};
  pool.mode = Mode::act;
  pool.unneeded_time = minutes(1);
  pool.prove_wakes = false;
  policy.pools.push_back(pool);
  return policy;
}

std::string boot_of(const NodeName& name, int boot) {
  return name + "-boot" + std::to_string(boot);
}

std::string guid_of(const NodeName& name) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string guid(32, '1');
  for (std::size_t i = 0; i < name.size() && 2 * i + 1 < guid.size(); ++i) {
    const auto byte = static_cast<unsigned char>(name[i]);
    guid[2 * i] = kDigits[byte >> 4];
    guid[2 * i + 1] = kDigits[byte & 15U];
  }
  return guid;
}

KubeNode worker(const NodeName& name, Revision revision) {
  KubeNode node;
  node.name = name;
  node.uid = "uid-" + name;
  node.revision = revision;
  node.labels = {{"role", "worker"}, {"kubernetes.io/hostname", name}};
  node.annotations = {{std::string(names::kWakeProof), format_wake_proof(kStart - minutes(60))}};
  node.ready = Readiness::ready;
  node.boot_id = boot_of(name);
  node.allocatable = {4000, std::int64_t{8} << 30, 10};
  return node;
}

Inventory inventory_of(const NodeName& name, std::int64_t idle_watts) {
  Inventory inventory;
  inventory.machine_id = "machine-" + name;
  inventory.boot_id = boot_of(name);
  inventory.nics = {{"eth0", *MacAddress::parse("02:00:00:00:00:01"), true, true}};
  inventory.wake_address = "127.0.0.255:9";
  inventory.idle = Power::watts(idle_watts);
  return inventory;
}

KubePod pending_pod(const std::string& name, std::int64_t millicores) {
  KubePod pod;
  pod.uid = "uid-" + name;
  pod.ns = "default";
  pod.name = name;
  pod.phase = PodPhase::pending;
  pod.unschedulable = true;
  pod.owner_kind = "ReplicaSet";
  pod.owner_name = "app";
  pod.requests = {millicores, std::int64_t{1} << 20, 1};
  return pod;
}

KubePod our_pod(const std::string& name, std::int64_t millicores) {
  KubePod pod = pending_pod(name, millicores);
  pod.unschedulable = false;
  pod.scheduler = "ecokube";
  return pod;
}

KubePod bound_pod(const std::string& name, const NodeName& node) {
  KubePod pod = pending_pod(name);
  pod.unschedulable = false;
  pod.node = node;
  pod.phase = PodPhase::running;
  pod.ready = true;
  return pod;
}

KubePod exporter(const NodeName& node) {
  KubePod pod = bound_pod("exporter-" + node, node);
  pod.owner_kind = "DaemonSet";
  pod.owner_name = "exporter";
  pod.labels = {{"app", "exporter"}};
  return pod;
}

Bench::Bench(Policy given) : policy(std::move(given)), world(make_world(policy)) {}

void Bench::fleet(std::initializer_list<NodeName> names) {
  ClusterListed listed{revision, {}, {}, {}};
  for (const auto& name : names) listed.nodes.push_back(worker(name, revision));
  see(std::move(listed));
  see(LeaseHeld{1, now + seconds(15)});
  for (const auto& name : names) hello(name);
}

void Bench::see(Fact fact) { apply(world, {now, std::move(fact)}); }

void Bench::see_node(KubeNode node) {
  node.revision = ++revision;
  see(NodeSeen{std::move(node)});
}

void Bench::ask(const NodeName& name, PersonVerb verb, std::optional<Duration> valid_for) {
  see(PersonAsked{name, verb, "anna", "new disk", valid_for});
  const Step record = run(name, Verb::record_request);
  KubeNode kube = *node(name).kube;
  kube.annotations[std::string(names::kRequest)] = std::get<RecordRequest>(record.action).text;
  see_node(std::move(kube));
}

void Bench::hello(const NodeName& name, int boot) {
  Inventory inventory = inventory_of(name);
  inventory.boot_id = boot_of(name, boot);
  see(AgentConnected{name, ++sessions, inventory, 0});
  heartbeat(name);
}

void Bench::hello_resumed(const NodeName& name, std::uint32_t resumes) {
  auto inventory = node(name).inventory;
  inventory.boot_id = life_id(boot_of(name), resumes);
  see(AgentConnected{name, ++sessions, std::move(inventory), 0});
  heartbeat(name);
}

AgentHeartbeat Bench::beat_of(const NodeName& name) {
  const auto& agent = node(name).agent;
  AgentHeartbeat beat;
  beat.node = name;
  beat.session = agent.session;
  beat.sequence = agent.sequence + 1;
  beat.boot_id = agent.boot_id;
  beat.nics = agent.nics;
  beat.vetoes = agent.vetoes;
  beat.sleep_vetoes = agent.sleep_vetoes;
  beat.fence_highest_seen = std::max(agent.fence, world.fence);  // it was told
  return beat;
}

void Bench::heartbeat(const NodeName& name) { see(beat_of(name)); }

void Bench::pass(Duration time) {
  now += time;
  see(ClusterAlive{revision});
  if (world.fence != 0) see(LeaseHeld{world.fence, now + seconds(15)});
  for (const auto& [name, known] : world.nodes) {
    if (known.agent.connected && !known.agent.goodbye) heartbeat(name);
  }
}

std::optional<Step> Bench::planned(const NodeName& subject, Verb verb) const {
  for (const auto& step : plan().steps) {
    if (step.id.subject == subject && step.id.verb == verb) return step;
  }
  return std::nullopt;
}

NodeWant Bench::want(const NodeName& name) const {
  for (const auto& want : plan().nodes) {
    if (want.node == name) return want;
  }
  ADD_FAILURE() << "no want for " << name;
  return {};
}

Lifecycle Bench::state(const NodeName& name) const { return state_at(node(name), policy, now); }

std::set<std::string> Bench::broken(const Step& step) const {
  std::set<std::string> rules;
  for (const auto& violation : check(world, policy, step, now)) {
    rules.insert(violation.rule + " " + violation.code);
  }
  return rules;
}

Step Bench::forced_mark(const NodeName& name) const {
  return {{name, Verb::mark, node(name).transition, 1},
          MarkNode{node(name).kube->revision, boot_of(name), false, ""},
          {},
          1};
}

Step Bench::start(const NodeName& subject, Verb verb) {
  auto step = planned(subject, verb);
  if (!step) {
    ADD_FAILURE() << to_string(verb) << " of " << subject << " is not planned; it is "
                  << to_string(state(subject));
    return {};
  }
  for (const auto& rule : broken(*step)) {
    ADD_FAILURE() << to_string(verb) << " of " << subject << " breaks " << rule;
  }
  see(StepStarted{*step});
  return *step;
}

void Bench::end(const Step& step, Outcome outcome, std::vector<KubePod> pods) {
  see(StepEnded{step.id, outcome, "", ++revision, std::move(pods)});
}

Step Bench::run(const NodeName& subject, Verb verb) {
  Step step = start(subject, verb);
  end(step);
  return step;
}

void Bench::see_marked(const NodeName& name, bool marked, Readiness ready, int boot) {
  KubeNode kube = worker(name);
  kube.ready = ready;
  kube.boot_id = boot_of(name, boot);
  const auto& asked = node(name).request;
  if (asked) kube.annotations[std::string(names::kRequest)] = format_request(*asked);
  const std::string proof(names::kWakeProof);
  if (node(name).kube && !node(name).kube->annotations.contains(proof)) {
    kube.annotations.erase(proof);
  }
  if (marked) {
    kube.taints.push_back({std::string(names::kTaint), "", "NoSchedule"});
    kube.annotations[std::string(names::kIntent)] = format_intent(
        {node(name).transition, node(name).marked ? node(name).down.boot_id : boot_of(name), false,
         node(name).marked_proof, node(name).sleep.mode});
    kube.annotations[std::string(names::kCordonedByUs)] = "true";
    kube.unschedulable = true;
  }
  see_node(std::move(kube));
}

void Bench::empty(const NodeName& name) {
  pass(*policy.pools.front().unneeded_time);
  run(name, Verb::mark);
  see_marked(name, true, Readiness::ready);
  pass(policy.settle);
  run(name, Verb::list_pods);
}

Step Bench::take_down(const NodeName& name) {
  empty(name);
  return run(name, Verb::shutdown);
}

void Bench::goodbye(const NodeName& name, LeaveOrigin origin, const std::string& command_id) {
  const auto& agent = node(name).agent;
  see(AgentGoodbye{name, agent.session, origin, command_id, agent.boot_id});
}

void Bench::hang_up(const NodeName& name) {
  see(AgentDisconnected{name, node(name).agent.session});
}

void Bench::put_to_sleep(const NodeName& name) {
  const Step shutdown = take_down(name);
  goodbye(name, LeaveOrigin::coordinator, shutdown.id.text());
  hang_up(name);
  see_marked(name, true, Readiness::unknown);
  pass(policy.silence_to_off);
  run(name, Verb::record_off);
}

Bench all_asleep(Policy policy, std::initializer_list<NodeName> names) {
  Bench bench(std::move(policy));
  bench.fleet(names);
  for (const auto& name : names) bench.put_to_sleep(name);
  bench.pass(minutes(1));
  return bench;
}

std::vector<NodeName> starts_of(const Bench& bench) {
  std::vector<NodeName> names;
  for (const auto& step : bench.plan().steps) {
    if (step.id.verb == Verb::wake && step.id.attempt == 1) names.push_back(step.id.subject);
  }
  return names;
}

}  // namespace ecokube::core::test
