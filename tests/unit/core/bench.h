#pragma once

#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "coordinator/core/plan.h"
#include "coordinator/core/safety.h"
#include "coordinator/core/world.h"

namespace ecokube::core::test {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr TimePoint kStart = from_ms(1'700'000'000'000);

/// One pool "workers" in mode act (label role=worker), nodes unneeded after a minute.
[[nodiscard]] Policy worker_policy();
/// A Ready Node of that pool with a wake proof: 4 cores, 8 GiB, 10 pods.
[[nodiscard]] KubeNode worker(const NodeName& name, Revision revision = 1);
[[nodiscard]] Inventory inventory_of(const NodeName& name, std::int64_t idle_watts = 10);
[[nodiscard]] std::string boot_of(const NodeName& name, int boot = 1);
/// Of the machine and of its BMC; for names of at most 16 bytes.
[[nodiscard]] std::string guid_of(const NodeName& name);
/// Unbound and Unschedulable.
[[nodiscard]] KubePod pending_pod(const std::string& name, std::int64_t millicores = 1000);
/// Young, and waits for our scheduler.
[[nodiscard]] KubePod our_pod(const std::string& name, std::int64_t millicores = 1000);
/// Running, of a DaemonSet that serves nothing by itself.
[[nodiscard]] KubePod exporter(const NodeName& node);
/// Running and ready; all of these are of one ReplicaSet.
[[nodiscard]] KubePod bound_pod(const std::string& name, const NodeName& node);

/// A World on a table: observations go in by hand, time passes by hand.
class Bench {
 public:
  explicit Bench(Policy policy = worker_policy());

  /// Lists the cluster with these workers, connects their agents and takes the Lease.
  void fleet(std::initializer_list<NodeName> names);
  void see(Fact fact);
  void see_node(KubeNode node);  ///< with the next revision
  /// anna asks for it, and that stands on the Node.
  void ask(const NodeName& name, PersonVerb verb, std::optional<Duration> valid_for = {});
  void hello(const NodeName& name, int boot = 1);
  /// The boot of before, back from suspend for the so many'th time.
  void hello_resumed(const NodeName& name, std::uint32_t resumes);
  void heartbeat(const NodeName& name);
  /// The next heartbeat of its agent, which says what the last one said.
  AgentHeartbeat beat_of(const NodeName& name);
  /// Time passes with heartbeats, a renewed Lease and a confirmed view.
  void pass(Duration time);
  /// Time passes and nobody says anything.
  void silence(Duration time) { now += time; }

  [[nodiscard]] Plan plan() const { return decide(world, policy, now); }
  [[nodiscard]] std::optional<Step> planned(const NodeName& subject, Verb verb) const;
  [[nodiscard]] NodeWant want(const NodeName& name) const;
  [[nodiscard]] const Node& node(const NodeName& name) const { return world.nodes.at(name); }
  [[nodiscard]] Lifecycle state(const NodeName& name) const;
  /// Rules that forbid the step now; "" where none does.
  [[nodiscard]] std::set<std::string> broken(const Step& step) const;

  /// A mark that nobody planned.
  [[nodiscard]] Step forced_mark(const NodeName& name) const;

  /// Plans, checks and starts the step; fails the test when it is not planned or not allowed.
  Step start(const NodeName& subject, Verb verb);
  void end(const Step& step, Outcome outcome = Outcome::done, std::vector<KubePod> pods = {});
  Step run(const NodeName& subject, Verb verb);
  /// From Ready to the list that shows it empty; the view shows the mark.
  void empty(const NodeName& name);
  /// From Ready to the shutdown order taken by the agent; the view shows the mark.
  Step take_down(const NodeName& name);
  void goodbye(const NodeName& name, LeaveOrigin origin, const std::string& command_id = "");
  void hang_up(const NodeName& name);
  /// take_down, goodbye, silence, PoweredDown.
  void put_to_sleep(const NodeName& name);
  /// The Node object as after our mark (or its removal), with Ready as given.
  void see_marked(const NodeName& name, bool marked, Readiness ready, int boot = 1);

  Policy policy;
  World world;
  TimePoint now = kStart;
  Revision revision = 100;
  std::uint64_t sessions = 0;
};

/// A fleet of these, all put to sleep a minute ago.
[[nodiscard]] Bench all_asleep(Policy policy,
                               std::initializer_list<NodeName> names = {"w1", "w2", "w3"});
/// Who would be woken now, each by its first packet or order.
[[nodiscard]] std::vector<NodeName> starts_of(const Bench& bench);

}  // namespace ecokube::core::test
