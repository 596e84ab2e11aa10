#include "lab/demo/history.h"

#include <algorithm>
#include <set>
#include <utility>

namespace ecokube::lab {

namespace {

class Folding {
 public:
  explicit Folding(History& history) : history_(history) {}

  void add(const TruthEvent& event) {
    if (event.source == "machine") {
      add_machine(event);
    } else if (event.source == "api" || event.source == "witness") {
      history_.witnessed = history_.witnessed || event.source == "witness";
      add_cluster(event);
    } else if (event.source == "kubelet") {
      add_process(event);
    } else if (event.source == "upload" || event.source == "worker") {
      add_job(event);
    }
  }

 private:
  void add_machine(const TruthEvent& event);
  void add_off(const TruthEvent& event, History::Machine& machine);
  void add_cluster(const TruthEvent& event);
  void add_process(const TruthEvent& event);
  void add_job(const TruthEvent& event);
  void pod_gone(const TruthEvent& event, const std::string& uid);
  void count_pods(Nanoseconds at);

  History& history_;
  std::set<std::pair<std::string, std::string>> alive_;  // node, uid
  std::map<std::string, std::string> node_of_;           // uid of a bound pod
  std::set<std::string> gone_;
};

void Folding::add_machine(const TruthEvent& event) {
  History::Machine& machine = history_.machines[event.name];
  const auto become = [&](const char* state) { machine.states.push_back({event.at_ns, state}); };
  if (event.event == "machine_started") {
    machine.idle_watts = event.number("idle_watts");
    machine.peak_watts = event.number("peak_watts");
    become("off");
  } else if (event.event == "powered_on") {
    if (event.text("cause") == "packet") ++machine.wakes;
    become("booting");
  } else if (event.event == "boot_done") {
    become("on");
  } else if (event.event == "power_off_asked") {
    add_off(event, machine);
    become("dying");
  } else if (event.event == "powered_off") {
    add_off(event, machine);
    become("off");
    std::erase_if(alive_, [&](const auto& pod) { return pod.first == event.name; });
    count_pods(event.at_ns);
  } else if (event.event == "packet_valid") {
    machine.packets.push_back(event.at_ns);
  } else if (event.event == "packet_invalid") {
    ++machine.packets_invalid;
  } else if (event.event == "energy") {
    machine.energy.push_back(
        {event.at_ns, event.number("joules_total"), event.number("watts"), event.number("busy_s")});
  }
}

void Folding::add_off(const TruthEvent& event, History::Machine& machine) {
  const bool asked = event.event == "power_off_asked";
  if (asked || machine.offs.empty() || machine.offs.back().off_at) machine.offs.emplace_back();
  History::Off& off = machine.offs.back();
  if (asked) {
    off.asked_at = event.at_ns;
    off.alive_when_asked = event.texts("pods_alive");
  } else {
    off.off_at = event.at_ns;
    off.alive_when_off = event.texts("pods_alive");
    off.cut = event.text("cause") == "cut";
  }
}

void Folding::add_cluster(const TruthEvent& event) {
  if (event.event == "pod_unschedulable") {
    history_.unschedulable.push_back(event.at_ns);
  } else if (event.event == "pod_bound") {
    node_of_[event.text("uid")] = event.text("node");
  } else if (event.event == "pod_deleted") {
    pod_gone(event, event.text("uid"));
  } else if (event.event == "pod_phase") {
    const std::string phase = event.text("phase");
    if (phase == "Succeeded" || phase == "Failed") pod_gone(event, event.text("uid"));
  } else if (event.event == "scaled") {
    history_.scaled.push_back({event.at_ns, static_cast<std::int64_t>(event.number("replicas"))});
  } else if (event.event == "node_tainted") {
    history_.marks.push_back({event.at_ns, event.text("node")});
  }
}

void Folding::pod_gone(const TruthEvent& event, const std::string& uid) {
  std::string node = event.text("node");
  if (node.empty()) node = node_of_[uid];
  if (node.empty() || !gone_.insert(uid).second) return;
  history_.pods_gone.push_back({event.at_ns, node});
}

void Folding::add_process(const TruthEvent& event) {
  if (event.event == "pod_started") {
    alive_.emplace(event.name, event.text("uid"));
  } else if (event.event == "pod_ended") {
    alive_.erase({event.name, event.text("uid")});
  } else {
    return;
  }
  count_pods(event.at_ns);
}

void Folding::count_pods(Nanoseconds at) {
  const auto count = static_cast<std::int64_t>(alive_.size());
  const std::int64_t before = history_.pods.empty() ? 0 : history_.pods.back().count;
  if (count != before) history_.pods.push_back({at, count});
}

void Folding::add_job(const TruthEvent& event) {
  const std::string id = event.text("job_id");
  if (event.event == "record_acknowledged") {
    history_.acknowledged.push_back(event.at_ns);
    if (auto& job = history_.jobs[id]; !job.acknowledged_at) job.acknowledged_at = event.at_ns;
  } else if (event.event == "result_stored") {
    history_.results.push_back(event.at_ns);
    auto& job = history_.jobs[id];
    ++job.results;
    if (!job.result_at) job.result_at = event.at_ns;
  } else if (event.event == "job_started") {
    ++history_.jobs[id].starts;
  }
}

}  // namespace

std::string History::Machine::state_at(Nanoseconds at) const {
  std::string state = "off";
  for (const StateChange& change : states) {
    if (change.at > at) break;
    state = change.state;
  }
  return state;
}

History fold(const TruthLog& log) {
  History history;
  if (log.events.empty()) return history;
  history.begin = log.events.front().at_ns;
  history.end = log.events.back().at_ns;
  Folding folding(history);
  for (const TruthEvent& event : log.events) folding.add(event);
  return history;
}

}  // namespace ecokube::lab
