#include "lab/demo/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>

namespace ecokube::lab {

namespace {

constexpr double kMsPerSecond = 1000;

boost::json::value number_or_null(const std::optional<double>& value) {
  constexpr double kThousand = 1000;
  if (!value) return nullptr;
  return std::round(*value * kThousand) / kThousand;
}

boost::json::array timeline_json(const Figures& figures) {
  boost::json::array out;
  for (const NodesOn& moment : figures.nodes_on_timeline) {
    boost::json::array names;
    for (const auto& name : moment.names) names.emplace_back(name);
    out.push_back(boost::json::object{{"at_s", number_or_null(moment.at_s)},
                                      {"on", moment.names.size()},
                                      {"nodes", std::move(names)}});
  }
  return out;
}

/// boost::json writes one line and 2E2 for 200; a person wants one line for each figure, in plain
/// numbers.
std::string plain_text(const boost::json::value& value) {
  if (value.is_double()) return fmt::format("{}", value.as_double());
  std::string out;
  if (const auto* array = value.if_array()) {
    for (const auto& element : *array) out += (out.empty() ? "" : ", ") + plain_text(element);
    return "[" + out + "]";
  }
  const auto* object = value.if_object();
  if (object == nullptr) return boost::json::serialize(value);
  for (const auto& [key, member] : *object) {
    out += fmt::format("{}\"{}\": {}", out.empty() ? "" : ", ",
                       std::string_view(key.data(), key.size()), plain_text(member));
  }
  return "{" + out + "}";
}

std::string one_line_per_key(const boost::json::object& object) {
  std::string out;
  for (const auto& [key, value] : object) {
    out += fmt::format("{}  \"{}\": {}", out.empty() ? "" : ",\n",
                       std::string_view(key.data(), key.size()), plain_text(value));
  }
  return "{\n" + out + "\n}\n";
}

std::string energy_text(const Figures& figures) {
  return fmt::format("{:.0f} J, always on {:.0f} J ({})", figures.energy_joules,
                     figures.energy_always_on_joules, energy_change_text(figures));
}

}  // namespace

JudgeRules rules_of(const RunParameters& run) {
  JudgeRules rules{.pods_max = run.pods_max, .jobs = run.jobs};
  if (run.dead_worker) rules.dead.emplace_back(kDeadWorker);
  return rules;
}

double work_bound_s(const RunParameters& run) {
  return run.boot_s + static_cast<double>(run.jobs) * run.job_s / static_cast<double>(run.pods_max);
}

std::string energy_change_text(const Figures& figures) {
  if (figures.energy_always_on_joules <= 0) return "-";
  const double change = 100 * (figures.energy_joules / figures.energy_always_on_joules - 1);
  return fmt::format("{:+.0f} %", change);
}

std::string cluster_text(const Figures& figures) {
  if (!figures.cluster_witnessed) return "";
  return "A real Kubernetes control plane. It writes no log of ours: scalings, marks and the "
         "states "
         "of pods count from when a watch told the lab's witness.";
}

std::string duration_text(const std::optional<double>& milliseconds) {
  constexpr double kMinute = 60 * kMsPerSecond;
  if (!milliseconds) return "-";
  if (*milliseconds < kMsPerSecond) return fmt::format("{:.0f} ms", *milliseconds);
  if (*milliseconds < kMinute) return fmt::format("{:.1f} s", *milliseconds / kMsPerSecond);
  const auto seconds = std::lround(*milliseconds / kMsPerSecond);
  return fmt::format("{} min {} s", seconds / 60, seconds % 60);
}

std::vector<ComparedFigure> compare(const Verdict& verdict, const RunParameters& run) {
  const Figures& f = verdict.figures;
  std::optional<double> total_ms;
  if (f.total_s) total_ms = *f.total_s * kMsPerSecond;
  return {
      {"uploads done", "300, none lost",
       fmt::format("{} of {}, {} lost, {} doubled", f.jobs_done, run.jobs, f.jobs_lost,
                   f.jobs_doubled)},
      {"first upload → last result", "about 5 min",
       fmt::format("{} (the work alone: {:.0f} s)", duration_text(total_ms), work_bound_s(run))},
      {"lag seen → scale-out", "< 2 s", duration_text(f.scale_out_reaction_ms)},
      {"first upload → magic packet", "only a log line",
       duration_text(f.record_to_magic_packet_ms)},
      {"pending pod → magic packet", "a look each 5–10 s",
       duration_text(f.pending_to_magic_packet_ms)},
      {"pods at most", "10", fmt::format("{}", f.pods_max)},
      {"queue empty → no pods", "30 s", duration_text(f.last_result_to_zero_pods_ms)},
      {"last pod → node marked", "right after", duration_text(f.last_pod_event_to_mark_ms)},
      {"last pod → shutdown asked", "only a log line", duration_text(f.last_pod_to_shutdown_ms)},
      {"last pod → power off", "-", duration_text(f.last_pod_to_off_ms)},
      {"wakes, shutdowns", "only log lines", fmt::format("{}, {}", f.wakes, f.shutdowns)},
      {"energy of the whole run", "not measured", energy_text(f)},
  };
}

std::string report_json(const Verdict& verdict, const RunParameters& run) {
  const Figures& f = verdict.figures;
  boost::json::array violations;
  for (const auto& violation : verdict.violations) violations.emplace_back(violation);
  const boost::json::object report{
      {"passed", verdict.passed()},
      {"cluster", f.cluster_witnessed ? "real, by a witness's watch" : "the lab's double"},
      {"jobs", run.jobs},
      {"job_s", run.job_s},
      {"boot_s", run.boot_s},
      {"jobs_uploaded", f.jobs_uploaded},
      {"jobs_done", f.jobs_done},
      {"jobs_lost", f.jobs_lost},
      {"jobs_doubled", f.jobs_doubled},
      {"jobs_redone", f.jobs_redone},
      {"pods_max", f.pods_max},
      {"pods_end", f.pods_end},
      {"wakes", f.wakes},
      {"shutdowns", f.shutdowns},
      {"scale_out_reaction_ms", number_or_null(f.scale_out_reaction_ms)},
      {"record_to_magic_packet_ms", number_or_null(f.record_to_magic_packet_ms)},
      {"pending_to_magic_packet_ms", number_or_null(f.pending_to_magic_packet_ms)},
      {"last_pod_event_to_mark_ms", number_or_null(f.last_pod_event_to_mark_ms)},
      {"last_pod_to_shutdown_ms", number_or_null(f.last_pod_to_shutdown_ms)},
      {"last_pod_to_off_ms", number_or_null(f.last_pod_to_off_ms)},
      {"last_result_to_zero_pods_ms", number_or_null(f.last_result_to_zero_pods_ms)},
      {"total_s", number_or_null(f.total_s)},
      {"work_bound_s", number_or_null(work_bound_s(run))},
      {"energy_joules", number_or_null(f.energy_joules)},
      {"energy_always_on_joules", number_or_null(f.energy_always_on_joules)},
      {"energy_seconds", number_or_null(f.energy_seconds)},
      {"nodes_on_timeline", timeline_json(f)},
      {"violations", std::move(violations)}};
  return one_line_per_key(report);
}

std::string report_text(const Verdict& verdict, const RunParameters& run) {
  const auto rows = compare(verdict, run);
  // Arrows are three bytes and one column wide.
  const auto columns = [](const std::string& text) {
    return std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; });
  };
  std::ptrdiff_t what = 0, theirs = 0;
  for (const auto& row : rows) {
    what = std::max(what, columns(row.what));
    theirs = std::max(theirs, columns(row.theirs));
  }
  const auto padded = [&](const std::string& text, std::ptrdiff_t width) {
    return text + std::string(static_cast<std::size_t>(width - columns(text)) + 2, ' ');
  };
  std::string out = "  " + padded("", what) + padded("first user", theirs) + "this run\n";
  for (const auto& row : rows) {
    out += "  " + padded(row.what, what) + padded(row.theirs, theirs) + row.ours + "\n";
  }
  for (const auto& violation : verdict.violations) out += "  violation: " + violation + "\n";
  if (const auto cluster = cluster_text(verdict.figures); !cluster.empty()) {
    out += "  " + cluster + "\n";
  }
  out += verdict.passed() ? "  passed: no violation\n"
                          : fmt::format("  FAILED: {} violations\n", verdict.violations.size());
  return out;
}

}  // namespace ecokube::lab
