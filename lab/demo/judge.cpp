#include "lab/demo/judge.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace ecokube::lab {

namespace {

class Bench {
 public:
  Bench(const History& history, const JudgeRules& rules, Verdict& verdict)
      : history_(history), rules_(rules), verdict_(verdict) {}

  void check_jobs();
  void check_pods();
  void check_power_offs();
  void check_states();
  void check_packets();
  void check_dead();

 private:
  template <class... Values>
  void violation(fmt::format_string<Values...> text, Values&&... values) {
    verdict_.violations.push_back(fmt::format(text, std::forward<Values>(values)...));
  }
  [[nodiscard]] double seconds(Nanoseconds at) const {
    return static_cast<double>(at - history_.begin) / kNsPerSecond;
  }
  void check_alive(const std::string& node, const std::vector<std::string>& alive,
                   std::optional<Nanoseconds> at, std::string_view what);
  void check_stays_on(const std::string& node);
  void check_goes_off(const std::string& node);

  const History& history_;
  const JudgeRules& rules_;
  Verdict& verdict_;
};

/// "a, b, c and 4 more"
std::string some_of(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 3;
  const std::size_t shown = std::min(names.size(), kShown);
  std::string text =
      fmt::format("{}", fmt::join(names.begin(), names.begin() + static_cast<long>(shown), ", "));
  if (names.size() > shown) text += fmt::format(" and {} more", names.size() - shown);
  return text;
}

void Bench::check_jobs() {
  std::vector<std::string> lost, doubled, unknown;
  for (const auto& [id, job] : history_.jobs) {
    if (job.acknowledged_at && job.results == 0) lost.push_back(id);
    if (job.results > 1) doubled.push_back(id);
    if (job.results > 0 && !job.acknowledged_at) unknown.push_back(id);
  }
  if (!lost.empty()) violation("{} jobs were lost: no result of {}", lost.size(), some_of(lost));
  if (!doubled.empty()) {
    violation("{} jobs were doubled: two results of {}", doubled.size(), some_of(doubled));
  }
  if (!unknown.empty()) {
    violation("{} results belong to no upload: {}", unknown.size(), some_of(unknown));
  }
  if (verdict_.figures.jobs_uploaded != rules_.jobs) {
    violation("{} uploads were acknowledged instead of {}", verdict_.figures.jobs_uploaded,
              rules_.jobs);
  }
}

void Bench::check_pods() {
  if (verdict_.figures.pods_max > rules_.pods_max) {
    violation("{} pods were alive at a time, allowed are {}", verdict_.figures.pods_max,
              rules_.pods_max);
  }
  if (verdict_.figures.pods_end > 0) {
    violation("{} pods are still alive at the end", verdict_.figures.pods_end);
  }
}

void Bench::check_alive(const std::string& node, const std::vector<std::string>& alive,
                        std::optional<Nanoseconds> at, std::string_view what) {
  if (alive.empty()) return;
  violation("{} {} at {:.1f} s with {} pods alive: {}", node, what, seconds(*at), alive.size(),
            some_of(alive));
}

void Bench::check_power_offs() {
  for (const auto& [node, machine] : history_.machines) {
    for (const auto& off : machine.offs) {
      if (off.cut) {
        if (!rules_.power_cuts_expected)
          violation("{} lost its power at {:.1f} s", node, seconds(*off.off_at));
        continue;
      }
      check_alive(node, off.alive_when_asked, off.asked_at, "was asked to power off");
      check_alive(node, off.alive_when_off, off.off_at, "powered off");
    }
  }
}

void Bench::check_stays_on(const std::string& node) {
  const auto found = history_.machines.find(node);
  if (found == history_.machines.end()) return violation("{} never appeared", node);
  for (const auto& off : found->second.offs) {
    const Nanoseconds at = off.asked_at ? *off.asked_at : *off.off_at;
    violation("{} must stay on and was powered off at {:.1f} s", node, seconds(at));
  }
  const std::string state = found->second.state_at(history_.end);
  if (state != "on") violation("{} is {} at the end and must be on", node, state);
}

void Bench::check_goes_off(const std::string& node) {
  const auto found = history_.machines.find(node);
  if (found == history_.machines.end()) return violation("{} never appeared", node);
  const std::string state = found->second.state_at(history_.end);
  if (state != "off") violation("{} is {} at the end and must be off", node, state);
  if (history_.acknowledged.empty()) return;
  const auto first = history_.acknowledged.front();
  const std::string before = found->second.state_at(first);
  if (before != "off" && found->second.state_at(first - kAcknowledgeSlack) != "off") {
    violation("{} was {} when the first upload came: nothing was proven about waking it", node,
              before);
  }
}

void Bench::check_states() {
  for (const auto& node : rules_.stay_on) check_stays_on(node);
  for (const auto& node : rules_.off_at_end) check_goes_off(node);
}

void Bench::check_packets() {
  for (const auto& [node, machine] : history_.machines) {
    if (machine.packets_invalid > 0) {
      violation("{} packets at the wake port of {} were no magic packet for it",
                machine.packets_invalid, node);
    }
  }
  if (rules_.reaction_phase && !verdict_.figures.pending_to_magic_packet_ms) {
    violation("no pending pod was answered by a magic packet before the uploads");
  }
  if (rules_.jobs > 0 && !verdict_.figures.record_to_magic_packet_ms) {
    violation("no magic packet came after the first upload");
  }
}

/// A run in which nobody needed the dead machine has shown nothing about it.
void Bench::check_dead() {
  constexpr auto kFirstAndRepeat = 2;
  for (const auto& node : rules_.dead) {
    const auto found = history_.machines.find(node);
    if (found == history_.machines.end()) return violation("{} never appeared", node);
    const History::Machine& machine = found->second;
    const Nanoseconds dead_since = machine.states.empty() ? 0 : machine.states.back().at;
    const auto in_vain = std::ranges::count_if(
        machine.packets, [dead_since](Nanoseconds at) { return at > dead_since; });
    if (in_vain < kFirstAndRepeat) {
      violation("{} was to be woken in vain, again and again: {} packets came after its last {}",
                node, in_vain, machine.state_at(history_.end));
    } else if (!history_.results.empty() && machine.packets.back() > history_.results.back()) {
      violation("{} was not given up: packets still came after the last result", node);
    }
  }
}

}  // namespace

Verdict judge(const TruthLog& log, const JudgeRules& rules) {
  const History history = fold(log);
  Verdict verdict{.figures = measure(history), .violations = log.broken_lines};
  Bench bench(history, rules, verdict);
  bench.check_jobs();
  bench.check_pods();
  bench.check_power_offs();
  bench.check_states();
  bench.check_packets();
  bench.check_dead();
  return verdict;
}

}  // namespace ecokube::lab
