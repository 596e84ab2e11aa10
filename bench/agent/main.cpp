#include <csignal>

#include "bench/agent/run.h"
#include "common/log.h"
#include "common/program.h"

namespace {

using namespace ecokube;

void declare(Program& program, bench::AgentOptions& to, std::size_t& seconds) {
  constexpr double kSecondsMax = 86'400;
  constexpr double kPodsMax = 1000;
  program.option("--seconds", seconds, "how long both are measured").within(10, kSecondsMax);
  program.option("--pods", to.pods, "cgroups of pods").within(0, kPodsMax);
  program.option("--bin", to.programs, "where ecokube-agent is");
  program.option("--exporter", to.exporter, "prometheus-node-exporter; default: only ours");
  program.option("--dir", to.folder, "files and logs of the run; emptied first");
  program.option("--out", to.output, "the figures");
}

}  // namespace

int main(int argc, char** argv) {
  bench::AgentOptions options;
  auto seconds = static_cast<std::size_t>(options.measured.count());
  Program program(
      "bench-agent", ECOKUBE_VERSION,
      "What the agent costs: memory, CPU and wake-ups with mutual TLS up, a sample each "
      "second, a heartbeat each 5 s and 110 pods, beside prometheus-node-exporter.");
  declare(program, options, seconds);
  return program.run(argc, argv, [&]() -> Result<void> {
    options.measured = std::chrono::seconds(seconds);
    std::signal(SIGPIPE, SIG_IGN);
    if (auto started = log::start("bench-agent", "warning"); !started) return started;
    return bench::run_agent_bench(options);
  });
}
