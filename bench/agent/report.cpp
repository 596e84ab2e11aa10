#include "bench/agent/report.h"

#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <cstdio>

#include "bench/machine_facts.h"
#include "common/whole_file.h"

namespace ecokube::bench {

namespace json = boost::json;

namespace {

double rounded(double value) {
  constexpr double kFine = 10'000;
  return std::round(value * kFine) / kFine;
}

json::object to_json(const ProgramFigures& program) {
  return {{"private_kb", program.memory.private_kb},
          {"pss_kb", program.memory.pss_kb},
          {"rss_kb", program.memory.rss_kb},
          {"cpu_pct", rounded(program.cpu_percent)},
          {"wakeups_per_s", rounded(program.wakeups_per_s)},
          {"threads", program.threads}};
}

void print_row(const std::string& name, const ProgramFigures& program) {
  fmt::print("  {:<26} {:>10} {:>8} {:>8} {:>10.4f} {:>10.1f} {:>8}\n", name,
             program.memory.private_kb, program.memory.pss_kb, program.memory.rss_kb,
             program.cpu_percent, program.wakeups_per_s, program.threads);
}

}  // namespace

Result<void> report(const AgentOptions& options, const AgentFigures& figures) {
  fmt::print("\n  {} pods, {} s, {} heartbeats, {} scrapes, {} processes\n", options.pods,
             options.measured.count(), figures.heartbeats, figures.scrapes, figures.processes);
  fmt::print("  {:<26} {:>10} {:>8} {:>8} {:>10} {:>10} {:>8}\n", "", "private kB", "PSS kB",
             "RSS kB", "% of core", "wakeups/s", "threads");
  print_row("ecokube-agent", figures.ours);
  json::object peers;
  for (const auto& [name, program] : figures.peers) {
    print_row(name, program);
    peers[name] = to_json(program);
  }
  print_row("(to wake each second)", figures.bare_waker);
  json::object missing;
  for (const auto& [name, why] : figures.missing) {
    fmt::print("  not measured: {}: {}\n", name, why);
    missing[name] = why;
  }
  const json::object all{{"seconds", options.measured.count()},
                         {"pods", options.pods},
                         {"heartbeats", figures.heartbeats},
                         {"scrapes", figures.scrapes},
                         {"ours", to_json(figures.ours)},
                         {"peers", std::move(peers)},
                         {"bare_waker", to_json(figures.bare_waker)},
                         {"missing", std::move(missing)},
                         {"processes", figures.processes},
                         {"machine", machine_facts()}};
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::absolute(options.output).parent_path(),
                                      error);
  auto written = write_whole_file(options.output, json::serialize(all) + "\n");
  if (!written) return written;
  fmt::print("\n  {}\n", options.output.string());
  std::fflush(stdout);
  return {};
}

}  // namespace ecokube::bench
