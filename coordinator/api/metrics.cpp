#include "coordinator/api/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <initializer_list>
#include <map>
#include <sstream>
#include <vector>

#include "coordinator/api/explain_power.h"
#include "coordinator/api/json.h"
#include "coordinator/api/pod_names.h"
#include "coordinator/api/times.h"
#include "coordinator/core/quantile.h"

namespace ecokube {

void count(StepCounters& counters, const FleetEvent& event) {
  if (event.kind == "step_ended") ++counters.ended[{event.verb, event.outcome}];
  if (event.kind == "blocked") ++counters.blocked[event.rule];
}

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

constexpr std::array kStates{core::Lifecycle::unknown,      core::Lifecycle::ready,
                             core::Lifecycle::draining,     core::Lifecycle::powering_down,
                             core::Lifecycle::powered_down, core::Lifecycle::powering_up,
                             core::Lifecycle::quarantined,  core::Lifecycle::maintenance};
constexpr std::array kPowers{core::PowerState::on, core::PowerState::off,
                             core::PowerState::unknown};

/// One family while it is filled; an empty one is left out.
class Family {
 public:
  Family(std::vector<MetricFamily>& all, std::string name, std::string help,
         MetricType type = MetricType::Gauge)
      : all_(all), family_{std::move(name), std::move(help), type, {}} {}
  ~Family() {
    if (!family_.metric.empty()) all_.push_back(std::move(family_));
  }
  Family(const Family&) = delete;
  Family& operator=(const Family&) = delete;

  template <class Number>
  void add(Labels labels, Number value) {
    ClientMetric metric;
    metric.label = std::move(labels);
    (family_.type == MetricType::Counter ? metric.counter.value : metric.gauge.value) =
        static_cast<double>(value);
    family_.metric.push_back(std::move(metric));
  }

 private:
  std::vector<MetricFamily>& all_;
  MetricFamily family_;
};

using Families = std::vector<MetricFamily>;

void add_states(Families& all, const Fleet& fleet) {
  Family state(all, "ecokube_node_state", "1 for the state of the power lifecycle the node is in.");
  Family power(all, "ecokube_node_power_state", "1 for the power state that the evidence shows.");
  Family since(all, "ecokube_node_state_age_seconds", "Time since the node came into its state.");
  for (const auto& [name, node] : fleet.world().nodes) {
    const auto now_state = state_of(fleet, node);
    for (const auto one : kStates) {
      state.add({{"node", name}, {"state", std::string(core::to_string(one))}},
                now_state == one ? 1 : 0);
    }
    const auto now = power_of(fleet, node).state;
    for (const auto one : kPowers) {
      power.add({{"node", name}, {"state", std::string(core::to_string(one))}}, now == one ? 1 : 0);
    }
    since.add({{"node", name}}, seconds(fleet.now() - node.since));
  }
}

void add_wants(Families& all, const Fleet& fleet) {
  Family wanted(all, "ecokube_node_wanted_on", "1 when the newest plan wants the node on.");
  for (const auto& want : fleet.plan().nodes) wanted.add({{"node", want.node}}, want.on ? 1 : 0);
}

/// By the reason's code: nodes that wait for their turn, and demand that its quota holds.
void add_waits(Families& all, const Fleet& fleet) {
  std::map<std::string, std::int64_t> waiting{
      {"InrushLimit", 0}, {"WattsCap", 0}, {"NamespaceQuota", std::ssize(fleet.plan().held)}};
  for (const auto& want : fleet.plan().nodes) {
    if (want.on && waits_for_turn(want)) ++waiting[want.reason.code];
  }
  Family waits(all, "ecokube_wakes_waiting", "Wakes that a limit, cap or quota keeps waiting.");
  for (const auto& [reason, count] : waiting) waits.add({{"reason", reason}}, count);
}

void add_measures(Families& all, const Fleet& fleet) {
  Family watts(all, "ecokube_node_power_watts",
               "Power by its best source: its BMC now, or the mean since the heartbeat before.");
  Family joules(all, "ecokube_node_energy_joules_total", "Energy since the agent's start.",
                MetricType::Counter);
  Family unknown(all, "ecokube_node_energy_unknown_intervals_total",
                 "Sampling intervals that the energy leaves out: a reset, a suspend.",
                 MetricType::Counter);
  Family connected(all, "ecokube_agent_connected", "1 while the node's agent is connected.");
  Family work(all, "ecokube_node_work_pods", "Pods on the node that must run.");
  Family held(all, "ecokube_node_held", "1 while a person holds the node.");
  Family downs(all, "ecokube_node_downs_last_day", "Times the node went down in a day.");
  for (const auto& [name, node] : fleet.world().nodes) {
    if (const auto drawn = drawn_of(fleet, node); drawn.power) {
      watts.add({{"node", name}, {"source", drawn.source}},
                static_cast<double>(drawn.power->milliwatts()) / 1000.0);
    }
    if (node.agent.energy) {
      const Labels labels{{"node", name}, {"source", node.agent.power_source}};
      joules.add(labels, ecokube::joules(*node.agent.energy));
      unknown.add(labels, node.agent.energy_unknown_intervals);
    }
    connected.add({{"node", name}}, node.agent.connected ? 1 : 0);
    work.add({{"node", name}}, node.work_pods);
    held.add({{"node", name}}, hold_of(fleet, node).empty() ? 0 : 1);
    downs.add({{"node", name}}, node.downs.size());
  }
}

void add_wakes(Families& all, const Fleet& fleet) {
  Family proven(all, "ecokube_node_wake_proven", "1 when a wake of the node was seen.");
  Family failures(all, "ecokube_node_wake_failures", "Wakes that failed since the last good one.");
  Family boot(all, "ecokube_node_boot_time_seconds", "From the first packet to Ready, as learned.");
  for (const auto& [name, node] : fleet.world().nodes) {
    proven.add({{"node", name}}, node.wake_proven_at ? 1 : 0);
    failures.add({{"node", name}}, node.wake_failures);
    if (const auto p50 = quantile(node.boot_times, 50)) {
      boot.add({{"node", name}, {"quantile", "0.5"}}, seconds(*p50));
    }
    if (const auto p95 = quantile(node.boot_times, 95)) {
      boot.add({{"node", name}, {"quantile", "0.95"}}, seconds(*p95));
    }
  }
}

void add_scalers(Families& all, const Fleet& fleet) {
  Family lag(all, "ecokube_scaler_lag", "Records not committed, jobs in flight included.");
  Family age(all, "ecokube_scaler_lag_age_seconds", "Age of the lag's last reading.");
  Family partitions(all, "ecokube_scaler_partitions", "Partitions of the topic.");
  Family replicas(all, "ecokube_scaler_replicas", "Replicas of the target as Kubernetes says.");
  Family most(all, "ecokube_scaler_replicas_max", "maxReplicaCount.");
  for (const auto& scaler : fleet.policy().scalers) {
    const Labels labels{{"scaler", scaler.name}};
    most.add(labels, scaler.max_replica_count);
    if (const auto now = replicas_of(fleet.world(), scaler)) replicas.add(labels, *now);
    const auto view = fleet.world().scalers.find(scaler.name);
    if (view == fleet.world().scalers.end()) continue;
    if (view->second.lag) lag.add(labels, *view->second.lag);
    if (view->second.seen_at) age.add(labels, seconds(fleet.now() - *view->second.seen_at));
    partitions.add(labels, view->second.partitions);
  }
}

void add_cluster(Families& all, const Fleet& fleet) {
  const auto& world = fleet.world();
  Family(all, "ecokube_cluster_synced", "1 while the view of the cluster is whole.")
      .add({}, world.cluster_ok ? 1 : 0);
  if (world.cluster_seen_at) {
    Family(all, "ecokube_cluster_view_age_seconds", "Age of the view of the cluster.")
        .add({}, seconds(fleet.now() - *world.cluster_seen_at));
  }
  const bool held =
      world.fence > 0 && world.lease_valid_until && *world.lease_valid_until > fleet.now();
  Family(all, "ecokube_lease_held", "1 while this coordinator may take capacity away.")
      .add({}, held ? 1 : 0);
  Family(all, "ecokube_dry_run", "1 when decisions are shown and nothing is touched.")
      .add({}, fleet.policy().dry_run ? 1 : 0);
  std::int64_t waiting = 0;
  for (const auto& [uid, pod] : world.pods)
    waiting += pod.node.empty() && pod.unschedulable ? 1 : 0;
  Family(all, "ecokube_pods_unschedulable", "Pods that the scheduler found no room for.")
      .add({}, waiting);
}

void add_steps(Families& all, const StepCounters& counters) {
  Family ended(all, "ecokube_steps_total", "Steps that ended.", MetricType::Counter);
  for (const auto& [which, times] : counters.ended) {
    ended.add({{"verb", which.first}, {"outcome", which.second}}, times);
  }
  Family blocked(all, "ecokube_step_blocked_total", "Steps that a safety rule stopped.",
                 MetricType::Counter);
  for (const auto& [rule, times] : counters.blocked) blocked.add({{"rule", rule}}, times);
  Family(all, "ecokube_kubernetes_events_dropped_total",
         "Events on nodes and pods that could not be written.", MetricType::Counter)
      .add({}, counters.events_dropped);
}

std::string exposition_of(const Families& all) {
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, all);
  return text.str();
}

}  // namespace

std::string pod_metrics_text(const core::World& world) {
  Families all;
  {
    Family energy(all, "ecokube_pod_energy_estimated_joules_total",
                  "Estimate: the node's energy by the pod's share of CPU time.",
                  MetricType::Counter);
    const PodNames names(world);
    for (const auto& [name, node] : world.nodes) {
      if (!node.agent.pods) continue;
      const auto& source = node.agent.pods->source;
      for (const auto& pod : node.agent.pods->pods) {
        const auto* known = names.find(pod.uid);
        if (known == nullptr) continue;  // gone, and without a name of use
        Labels labels{{"namespace", known->ns},
                      {"pod", known->name},
                      {"node", name},
                      {"source", source},
                      {"kind", "active"}};
        energy.add(labels, joules(pod.active));
        labels.back().value = "idle";
        energy.add(std::move(labels), joules(pod.idle));
      }
    }
  }
  return exposition_of(all);
}

std::string metrics_text(const Fleet& fleet, const StepCounters& counters) {
  Families all;
  Family(all, "ecokube_build_info", "1, with the version.").add({{"version", ECOKUBE_VERSION}}, 1);
  add_cluster(all, fleet);
  add_states(all, fleet);
  add_wants(all, fleet);
  add_waits(all, fleet);
  add_measures(all, fleet);
  add_wakes(all, fleet);
  add_scalers(all, fleet);
  add_steps(all, counters);
  return exposition_of(all);
}

}  // namespace ecokube
