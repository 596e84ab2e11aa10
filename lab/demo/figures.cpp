#include <algorithm>
#include <iterator>

#include "lab/demo/judge.h"

namespace ecokube::lab {

namespace {

constexpr double kNsPerMs = 1e6;

/// The watch may tell the witness of a waiting pod after the coordinator has already acted on it.
constexpr Nanoseconds kWitnessSlack = 200'000'000;

double ms_between(Nanoseconds from, Nanoseconds to) {
  return static_cast<double>(std::max<Nanoseconds>(to - from, 0)) / kNsPerMs;
}

void count_jobs(const History& history, Figures& out) {
  for (const auto& [id, job] : history.jobs) {
    if (job.acknowledged_at) ++out.jobs_uploaded;
    if (job.acknowledged_at && job.results > 0) ++out.jobs_done;
    if (job.acknowledged_at && job.results == 0) ++out.jobs_lost;
    if (job.results > 1) ++out.jobs_doubled;
    if (job.starts > 1) ++out.jobs_redone;
  }
}

void count_machines(const History& history, Figures& out) {
  std::vector<Nanoseconds> moments{history.begin};
  for (const auto& [name, machine] : history.machines) {
    out.wakes += machine.wakes;
    out.shutdowns += std::ranges::count_if(
        machine.offs, [](const History::Off& off) { return off.off_at && !off.cut; });
    for (const auto& change : machine.states) moments.push_back(change.at);
  }
  std::ranges::sort(moments);
  for (const Nanoseconds at : moments) {
    NodesOn now{.at_s = static_cast<double>(at - history.begin) / kNsPerSecond, .names = {}};
    for (const auto& [name, machine] : history.machines) {
      if (machine.state_at(at) != "off") now.names.push_back(name);
    }
    auto& line = out.nodes_on_timeline;
    if (!line.empty() && line.back().at_s == now.at_s) line.pop_back();
    if (line.empty() || line.back().names != now.names) line.push_back(std::move(now));
  }
}

std::optional<Nanoseconds> first_packet_after(const History& history, Nanoseconds from) {
  std::optional<Nanoseconds> first;
  for (const auto& [name, machine] : history.machines) {
    for (const Nanoseconds at : machine.packets) {
      if (at >= from && (!first || at < *first)) first = at;
    }
  }
  return first;
}

void time_the_way_up(const History& history, Figures& out) {
  const auto& records = history.acknowledged;
  if (!history.unschedulable.empty() &&
      (records.empty() || history.unschedulable.front() < records.front())) {
    const Nanoseconds pending = history.unschedulable.front();
    const Nanoseconds slack = history.witnessed ? kWitnessSlack : 0;
    if (const auto packet = first_packet_after(history, pending - slack)) {
      out.pending_to_magic_packet_ms = ms_between(pending, *packet);
    }
  }
  if (records.empty()) return;
  const Nanoseconds from = records.front() - kAcknowledgeSlack;
  if (const auto packet = first_packet_after(history, from)) {
    out.record_to_magic_packet_ms = ms_between(records.front(), *packet);
  }
  for (const auto& scaled : history.scaled) {
    if (scaled.at < from || scaled.replicas <= 0) continue;
    out.scale_out_reaction_ms = ms_between(records.front(), scaled.at);
    break;
  }
}

void keep_larger(std::optional<double>& kept, double value) {
  kept = kept ? std::max(*kept, value) : value;
}

/// The slowest of the ways down after the uploads began; of all, when there were no uploads.
void time_the_way_down(const History& history, Figures& out) {
  const Nanoseconds from = history.acknowledged.empty() ? 0 : history.acknowledged.front();
  for (const auto& [name, machine] : history.machines) {
    for (const auto& off : machine.offs) {
      if (!off.asked_at || *off.asked_at < from) continue;
      std::optional<Nanoseconds> mark, last_pod;
      for (const auto& marked : history.marks) {
        if (marked.node == name && marked.at <= *off.asked_at) mark = marked.at;
      }
      for (const auto& gone : history.pods_gone) {
        if (gone.node == name && gone.at <= *off.asked_at && gone.at >= from) last_pod = gone.at;
      }
      if (!last_pod) continue;
      if (mark) keep_larger(out.last_pod_event_to_mark_ms, ms_between(*last_pod, *mark));
      keep_larger(out.last_pod_to_shutdown_ms, ms_between(*last_pod, *off.asked_at));
      if (off.off_at) keep_larger(out.last_pod_to_off_ms, ms_between(*last_pod, *off.off_at));
    }
  }
}

void time_the_work(const History& history, Figures& out) {
  for (const auto& pods : history.pods) out.pods_max = std::max(out.pods_max, pods.count);
  out.pods_end = history.pods.empty() ? 0 : history.pods.back().count;
  if (history.acknowledged.empty() || history.results.empty()) return;
  const Nanoseconds last_result = history.results.back();
  out.total_s = ms_between(history.acknowledged.front(), last_result) / 1000;
  for (const auto& pods : history.pods) {
    if (pods.at < last_result || pods.count > 0) continue;
    out.last_result_to_zero_pods_ms = ms_between(last_result, pods.at);
    break;
  }
}

/// Of a counter between two samples, by a straight line.
double value_at(const History::Machine& machine, double History::EnergySample::* counter,
                Nanoseconds at) {
  const auto& samples = machine.energy;
  const auto after = std::ranges::lower_bound(samples, at, {}, &History::EnergySample::at);
  if (after == samples.end()) return samples.empty() ? 0 : samples.back().*counter;
  if (after == samples.begin()) return (*after).*counter;
  const auto before = std::prev(after);
  const double share =
      static_cast<double>(at - before->at) / static_cast<double>(after->at - before->at);
  return (*before).*counter + share * ((*after).*counter - (*before).*counter);
}

/// The boots at the very beginning are nobody's wake, so counting starts when all were on once.
void sum_energy(const History& history, Figures& out) {
  Nanoseconds from = history.begin;
  Nanoseconds to = history.end;
  for (const auto& [name, machine] : history.machines) {
    const auto on = std::ranges::find(machine.states, "on", &History::StateChange::state);
    if (on != machine.states.end()) from = std::max(from, on->at);
    if (!machine.energy.empty()) to = std::min(to, machine.energy.back().at);
  }
  if (to <= from) return;
  out.energy_seconds = static_cast<double>(to - from) / kNsPerSecond;
  for (const auto& [name, machine] : history.machines) {
    const auto during = [&](double History::EnergySample::* counter) {
      return value_at(machine, counter, to) - value_at(machine, counter, from);
    };
    out.energy_joules += during(&History::EnergySample::joules);
    out.energy_always_on_joules +=
        machine.idle_watts * out.energy_seconds +
        (machine.peak_watts - machine.idle_watts) * during(&History::EnergySample::busy_s);
  }
}

}  // namespace

Figures measure(const History& history) {
  Figures out;
  out.cluster_witnessed = history.witnessed;
  count_jobs(history, out);
  count_machines(history, out);
  time_the_way_up(history, out);
  time_the_way_down(history, out);
  time_the_work(history, out);
  sum_energy(history, out);
  return out;
}

}  // namespace ecokube::lab
