#include <filesystem>

#include "common/program.h"
#include "lab/witness/witness.h"

namespace {

using namespace ecokube;

Result<void> watch(const lab::ControllerOptions& options, const std::filesystem::path& truth_log) {
  auto opened = JsonLines::open(truth_log, "witness");
  if (!opened) return fail(Errc::config, "--truth-log: " + opened.error().message);
  return lab::run_controller(options, [&](std::shared_ptr<kubernetes::ApiClient> client,
                                          boost::asio::any_io_executor executor) {
    return lab::make_witness(std::move(client), std::move(executor), *std::move(opened));
  });
}

}  // namespace

int main(int argc, char** argv) {
  lab::ControllerOptions options;
  std::filesystem::path truth_log;
  Program program(
      "lab-witness", ECOKUBE_VERSION,
      "Writes to the truth log what happens at an API server that writes none itself: "
      "scalings, nodes marked and ready, pods unschedulable, bound and ended. Its times "
      "are those at which its watch was told.");
  lab::declare_controller(program, options);
  program.option("--truth-log", truth_log, "shared with the other parts of the lab").required();
  return program.run(argc, argv, [&] { return watch(options, truth_log); });
}
