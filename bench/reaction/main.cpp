#include <csignal>

#include "bench/reaction/run.h"
#include "common/log.h"
#include "common/program.h"

namespace {

using namespace ecokube;

void declare(Program& program, bench::ReactionOptions& to) {
  constexpr double kNodesMax = 10'000;
  constexpr double kPodsMax = 1'000'000;
  program.option("--nodes", to.nodes, "registered and Ready").within(2, kNodesMax);
  program.option("--pods", to.pods, "running").within(1, kPodsMax);
  program.option("--samples", to.samples, "nodes that are put down and woken").within(1, kNodesMax);
  program.option("--bin", to.programs, "where the programs are");
  program
      .option("--kubernetes", to.kubernetes,
              "the real control plane's binary, as ./dev setup --real builds it")
      .environment("ECOKUBE_REAL_KUBERNETES")
      .required();
  program.option("--dir", to.folder, "files and logs of the run; emptied first");
  program.option("--out", to.output, "the figures");
}

}  // namespace

int main(int argc, char** argv) {
  bench::ReactionOptions options;
  Program program(
      "bench-reaction", ECOKUBE_VERSION,
      "How fast the coordinator reacts on a real control plane: from a pod that finds no "
      "node to the magic packet, from a node's last pod to our mark on it, beside a loop "
      "that polls each 5 s.");
  declare(program, options);
  return program.run(argc, argv, [&]() -> Result<void> {
    // A coordinator that ends closes a thousand links.
    std::signal(SIGPIPE, SIG_IGN);
    if (auto started = log::start("bench-reaction", "warning"); !started) return started;
    return bench::run_reaction(options);
  });
}
