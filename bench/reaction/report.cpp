#include "bench/reaction/report.h"

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

/// A microsecond is finer than any of these figures.
double rounded(double value) {
  constexpr double kFine = 1000;
  return std::round(value * kFine) / kFine;
}

json::object to_json(const Spread& spread) {
  return {{"p50", rounded(spread.p50)}, {"p99", rounded(spread.p99)}, {"samples", spread.samples}};
}

json::object to_json(const ReactionOptions& options, const ReactionFigures& figures) {
  return {{"nodes", options.nodes},
          {"pods", options.pods},
          {"pending_to_packet_ms", to_json(figures.pending_to_packet)},
          {"watch_event_to_packet_ms", to_json(figures.watch_event_to_packet)},
          {"last_pod_event_to_decision_ms", to_json(figures.last_pod_event_to_decision)},
          {"last_pod_event_to_mark_ms", to_json(figures.last_pod_event_to_mark)},
          {"last_pod_to_shutdown_ms", to_json(figures.last_pod_to_shutdown)},
          {"poll_loop_ms", to_json(figures.poll_loop)},
          {"api_read_ms", to_json(figures.api_read)},
          {"false_wakes", figures.false_wakes},
          {"coordinator_rss_kb", figures.coordinator_rss_kb},
          {"coordinator_cpu_percent_at_rest", rounded(figures.coordinator_cpu_percent_at_rest)},
          {"machine", machine_facts()}};
}

void print_row(const char* what, const Spread& spread) {
  fmt::print("  {:<49} {:>10.1f} {:>10.1f} {:>8}\n", what, spread.p50, spread.p99, spread.samples);
}

}  // namespace

Result<void> report(const ReactionOptions& options, const ReactionFigures& figures) {
  fmt::print("\n  {} nodes, {} pods\n", options.nodes, options.pods);
  fmt::print("  {:<49} {:>10} {:>10} {:>8}\n", "ms", "p50", "p99", "samples");
  print_row("pod created -> packet", figures.pending_to_packet);
  print_row("  of it: event \"Unschedulable\" -> packet", figures.watch_event_to_packet);
  print_row("pod created -> packet, loop that polls each 5 s", figures.poll_loop);
  print_row("event \"last pod gone\" -> mark begun", figures.last_pod_event_to_decision);
  print_row("event \"last pod gone\" -> mark seen in the cluster", figures.last_pod_event_to_mark);
  print_row("last pod deleted -> shutdown, settle time incl.", figures.last_pod_to_shutdown);
  print_row("beside it: one read of a Node by the bench", figures.api_read);
  fmt::print("  coordinator: {} MB resident, {:.1f} % of a core at rest; false wakes: {}\n",
             figures.coordinator_rss_kb / 1024, figures.coordinator_cpu_percent_at_rest,
             figures.false_wakes);
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::absolute(options.output).parent_path(),
                                      error);
  auto written =
      write_whole_file(options.output, json::serialize(to_json(options, figures)) + "\n");
  if (!written) return written;
  fmt::print("\n  {}\n", options.output.string());
  std::fflush(stdout);
  return {};
}

}  // namespace ecokube::bench
