#include "lab/demo/run_series.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <set>

namespace ecokube::lab {

namespace {

class Tracing {
 public:
  explicit Tracing(const History& history) : history_(history) {}

  [[nodiscard]] double seconds(Nanoseconds at) const {
    return static_cast<double>(at - history_.begin) / kNsPerSecond;
  }

  [[nodiscard]] Series counting(const std::vector<Nanoseconds>& moments) const {
    Series out{{0, 0}};
    for (const Nanoseconds at : moments) out.push_back({seconds(at), out.back().value + 1});
    return out;
  }

  /// What `watts_of(machine, sample number)` says, summed over the machines.
  [[nodiscard]] Series summed(
      const std::function<double(const History::Machine&, std::size_t)>& watts_of) const {
    std::set<double> moments;
    std::vector<Series> parts;
    for (const auto& [name, machine] : history_.machines) {
      Series& part = parts.emplace_back();
      for (std::size_t i = 0; i < machine.energy.size(); ++i) {
        part.push_back({seconds(machine.energy[i].at), watts_of(machine, i)});
        moments.insert(part.back().at_s);
      }
    }
    Series out;
    for (const double at : moments) {
      double sum = 0;
      for (const Series& part : parts) sum += value_at(part, at);
      out.push_back({at, sum});
    }
    return out;
  }

  [[nodiscard]] std::vector<RunSeries::Band> bands(const History::Machine& machine) const {
    std::vector<RunSeries::Band> out;
    for (std::size_t i = 0; i < machine.states.size(); ++i) {
      const bool last = i + 1 == machine.states.size();
      const Nanoseconds to = last ? history_.end : machine.states[i + 1].at;
      if (to > machine.states[i].at) {
        out.push_back({seconds(machine.states[i].at), seconds(to), machine.states[i].state});
      }
    }
    return out;
  }

 private:
  const History& history_;
};

Series difference(const Series& more, const Series& less) {
  std::set<double> moments;
  for (const Series* series : {&more, &less}) {
    for (const SeriesPoint& point : *series) moments.insert(point.at_s);
  }
  Series out;
  for (const double at : moments) out.push_back({at, value_at(more, at) - value_at(less, at)});
  return out;
}

/// Draw of a machine that is never off, with the work that it did until the next sample.
double always_on_watts(const History::Machine& machine, std::size_t i) {
  if (i + 1 >= machine.energy.size()) return machine.idle_watts;
  const auto& from = machine.energy[i];
  const auto& to = machine.energy[i + 1];
  const double elapsed_s = static_cast<double>(to.at - from.at) / kNsPerSecond;
  const double share = elapsed_s > 0 ? (to.busy_s - from.busy_s) / elapsed_s : 0;
  return machine.idle_watts + (machine.peak_watts - machine.idle_watts) * share;
}

}  // namespace

double value_at(const Series& series, double at_s) {
  const auto after = std::ranges::upper_bound(series, at_s, {}, &SeriesPoint::at_s);
  return after == series.begin() ? 0 : std::prev(after)->value;
}

RunSeries series_of(const History& history) {
  const Tracing tracing(history);
  RunSeries out;
  out.end_s = tracing.seconds(history.end);
  out.uploaded = tracing.counting(history.acknowledged);
  out.done = tracing.counting(history.results);
  out.lag = difference(out.uploaded, out.done);
  out.pods.push_back({0, 0});
  for (const auto& pods : history.pods) {
    out.pods.push_back({tracing.seconds(pods.at), static_cast<double>(pods.count)});
  }
  out.watts = tracing.summed([](const auto& machine, auto i) { return machine.energy[i].watts; });
  out.watts_always_on = tracing.summed(always_on_watts);
  for (const auto& [name, machine] : history.machines) out.nodes[name] = tracing.bands(machine);
  if (!history.acknowledged.empty()) {
    out.moments.push_back({tracing.seconds(history.acknowledged.front()), "first upload"});
  }
  if (!history.results.empty()) {
    out.moments.push_back({tracing.seconds(history.results.back()), "last result"});
  }
  return out;
}

}  // namespace ecokube::lab
