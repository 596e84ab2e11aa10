#include <csignal>

#include "bench/agent/run.h"
#include "common/log.h"
#include "common/program.h"

namespace {

using namespace ecokube;

void declare(Program& program, bench::AgentOptions& to, std::size_t& settle, std::size_t& seconds) {
  constexpr double kSecondsMax = 86'400;
  constexpr double kPodsMax = 1000;
  program.option("--settle", settle, "seconds before, in which caches fill").within(0, kSecondsMax);
  program.option("--seconds", seconds, "how long they are measured").within(10, kSecondsMax);
  program.option("--pods", to.pods, "cgroups of pods").within(0, kPodsMax);
  program.option("--bin", to.programs, "where ecokube-agent is");
  program.option("--exporter", to.exporter, "prometheus-node-exporter; default: without it");
  program.option("--scaphandre", to.scaphandre, "scaphandre; default: without it");
  program.option("--kepler", to.kepler, "Kepler's exporter; default: without it");
  program.option("--missing", to.missing, "NAME=WHY of a peer that can't be had, for the report");
  program.option("--dir", to.folder, "files and logs of the run; emptied first");
  program.option("--out", to.output, "the figures");
}

}  // namespace

int main(int argc, char** argv) {
  bench::AgentOptions options;
  auto settle = static_cast<std::size_t>(options.settle.count());
  auto seconds = static_cast<std::size_t>(options.measured.count());
  Program program(
      "bench-agent", ECOKUBE_VERSION,
      "What the agent costs: memory, CPU and wake-ups with mutual TLS up, a sample each "
      "second, a heartbeat each 5 s and 110 pods, beside other programs that read energy.");
  declare(program, options, settle, seconds);
  return program.run(argc, argv, [&]() -> Result<void> {
    options.settle = std::chrono::seconds(settle);
    options.measured = std::chrono::seconds(seconds);
    std::signal(SIGPIPE, SIG_IGN);
    if (auto started = log::start("bench-agent", "warning"); !started) return started;
    return bench::run_agent_bench(options);
  });
}
