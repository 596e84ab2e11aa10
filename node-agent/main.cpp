#include <filesystem>
#include <iostream>

#include "common/log.h"
#include "common/program.h"
#include "node-agent/app.h"

namespace {

using namespace ecokube;

struct Arguments {
  std::filesystem::path config = "/etc/ecokube/agent.toml";
  bool check_only = false;
};

Result<int> run(const Arguments& arguments) {
  const auto config = agent::read_config(arguments.config);
  if (!config) return std::unexpected(config.error());
  if (const auto files = agent::check_files(*config); !files) {
    return std::unexpected(files.error());
  }
  if (arguments.check_only) {
    std::cout << arguments.config.string() << " is right: node " << config->node_name << '\n';
    return 0;
  }
  if (const auto started = log::start("ecokube-agent", config->log_level); !started) {
    return std::unexpected(started.error());
  }
  return agent::run_agent(*config, ECOKUBE_VERSION);
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  Program program(
      "ecokube-agent", ECOKUBE_VERSION,
      "Tells the Eco-Kube coordinator how this machine is, and powers it off when told to.");
  program.option("--config", arguments.config, "The agent's configuration");
  program.flag("--check-config", arguments.check_only,
               "Check the configuration and what it names, then end");
  return program.run(argc, argv, [&] { return run(arguments); });
}
