#include <filesystem>
#include <iostream>

#include "common/log.h"
#include "common/program.h"
#include "coordinator/app.h"

namespace {

using namespace ecokube;

struct Arguments {
  std::filesystem::path config = "/etc/ecokube/coordinator.toml";
  bool check_only = false;
  bool dry_run = false;
};

Result<void> run(const Arguments& arguments) {
  auto config = read_coordinator_config(arguments.config);
  if (!config) return std::unexpected(std::move(config.error()));
  config->policy.dry_run = config->policy.dry_run || arguments.dry_run;
  if (arguments.check_only) {
    std::cout << describe(*config);
    return {};
  }
  auto logging = log::start("ecokube-coordinator", config->log_level);
  if (!logging) return logging;
  return run_coordinator(*config);
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  Program program("ecokube-coordinator", ECOKUBE_VERSION,
                  "Switches idle nodes off and has them back when they are needed.");
  program.option("--config", arguments.config, "Configuration file");
  program.flag("--check-config", arguments.check_only, "Check the configuration, print it and end");
  program.flag("--dry-run", arguments.dry_run, "Decide and explain everything, touch nothing");
  return program.run(argc, argv, [&] { return run(arguments); });
}
