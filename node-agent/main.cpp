#include <filesystem>
#include <iostream>

#include "common/program.h"
#include "node-agent/checked_config.h"
#include "node-agent/commands/check_command.h"
#include "node-agent/commands/enroll_command.h"
#include "node-agent/commands/power_command.h"
#include "node-agent/commands/run_daemon.h"
#include "node-agent/commands/status_command.h"

namespace {

using namespace ecokube;

struct Arguments {
  std::filesystem::path config = "/etc/ecokube/agent.toml";
  bool check_only = false;
};

Result<int> check_config(const Arguments& arguments) {
  const auto config = agent::read_checked_config(arguments.config);
  if (!config) return std::unexpected(config.error());
  std::cout << arguments.config.string() << " is right: node " << config->node_name << '\n';
  return 0;
}

/// The commands beside the daemon itself.
struct Commands {
  agent::PowerCommand power;
  agent::StatusCommand status;
  agent::CheckCommand check;
  agent::EnrollCommand enroll;

  void add_to(Program& program, const Arguments& arguments) {
    auto show = program.command("power", "What the machine draws, by zone; needs no configuration",
                                [this] { return agent::run_power(power); });
    show.flag("--watch", power.watch, "Go on until interrupted");
    show.flag("--json", power.json, "One JSON object a line");
    show.option("--interval-s", power.interval_s, "Seconds from one sample to the next")
        .within(0.01, 60);
    show.option("--sysfs-root", power.sysfs_root, "Where the zones are looked for");
    auto ask = program.command("status", "How the running agent is; fails without a coordinator",
                               [this, &arguments] {
                                 status.config = arguments.config;
                                 return agent::run_status(status);
                               });
    ask.flag("--json", status.json, "As JSON");
    ask.option("--socket", status.socket, "The agent's socket, if not the configured one");
    auto look =
        program.command("check", "What would keep this machine from measuring, sleeping or waking",
                        [this, &arguments] {
                          check.config = arguments.config;
                          return agent::run_check(check);
                        });
    look.flag("--json", check.json, "As JSON");
    add_enroll(program, arguments);
  }

  void add_enroll(Program& program, const Arguments& arguments) {
    auto join = program.command("enroll", "Get this node's certificate from the coordinator",
                                [this, &arguments] {
                                  enroll.config = arguments.config;
                                  return agent::run_enroll(enroll);
                                });
    join.option("--coordinator", enroll.coordinator, "HOST:PORT of its agents' port").required();
    join.option("--token", enroll.token,
                "What ecoctl token create printed; others may see it in the list of processes")
        .environment("ECOKUBE_TOKEN");
    join.option("--token-file", enroll.token_file, "A file that holds the token instead");
    join.option("--ca-hash", enroll.ca_hash, "sha256:... of the coordinator's CA").required();
    join.option("--node-name", enroll.node_name, "If not the configured or the host's name");
    join.flag("--force", enroll.force, "Replace the key and the certificates that there are");
  }
};

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  Commands commands;
  Program program(
      "ecokube-agent", ECOKUBE_VERSION,
      "Tells the Eco-Kube coordinator how this machine is, and powers it off when told to.");
  program.option("--config", arguments.config, "The agent's configuration");
  program.flag("--check-config", arguments.check_only,
               "Check the configuration and what it names, then end");
  commands.add_to(program, arguments);
  return program.run(argc, argv, [&] {
    return arguments.check_only ? check_config(arguments) : agent::run_daemon(arguments.config);
  });
}
