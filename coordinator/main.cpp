#include <filesystem>
#include <functional>
#include <iostream>

#include "common/log.h"
#include "common/program.h"
#include "coordinator/app.h"
#include "coordinator/enrolment_setup.h"

namespace {

using namespace ecokube;

struct Arguments {
  std::filesystem::path config = "/etc/ecokube/coordinator.toml";
  bool check_only = false;
  bool dry_run = false;
  bool replace = false;
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

/// What needs the configuration alone.
Result<int> with_config(const Arguments& arguments,
                        const std::function<Result<void>(const CoordinatorConfig&)>& work) {
  const auto config = read_coordinator_config(arguments.config);
  if (!config) return std::unexpected(config.error());
  if (auto done = work(*config); !done) return std::unexpected(std::move(done.error()));
  return 0;
}

void add_commands(Program& program, Arguments& arguments) {
  program.command("make-ca", "Make the CA that [enrolment] names, for the nodes' certificates",
                  [&arguments] { return with_config(arguments, make_ca); });
  program
      .command("make-certificate", "Make the certificate of this coordinator, signed by that CA",
               [&arguments] {
                 return with_config(arguments, [&](const CoordinatorConfig& config) {
                   return make_own_certificate(config, arguments.replace);
                 });
               })
      .flag("--replace", arguments.replace, "Replace the one that there is");
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  Program program("ecokube-coordinator", ECOKUBE_VERSION,
                  "Switches idle nodes off and has them back when they are needed.");
  program.option("--config", arguments.config, "Configuration file");
  program.flag("--check-config", arguments.check_only, "Check the configuration, print it and end");
  program.flag("--dry-run", arguments.dry_run, "Decide and explain everything, touch nothing");
  add_commands(program, arguments);
  return program.run(argc, argv, [&] { return run(arguments); });
}
