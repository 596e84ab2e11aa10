// ecokube-agentd CONFIG: the daemon, without what only the commands of ecokube-agent need, so that
// none of it lies in memory for as long as the machine runs.
#include <exception>
#include <iostream>

#include "common/log.h"
#include "common/program.h"
#include "node-agent/app.h"
#include "node-agent/checked_config.h"

namespace {

using namespace ecokube;

Result<int> run(const char* config_file) {
  const auto config = agent::read_checked_config(config_file);
  if (!config) return std::unexpected(config.error());
  if (const auto started = log::start("ecokube-agent", config->log_level); !started) {
    return std::unexpected(started.error());
  }
  return agent::run_agent(*config, ECOKUBE_VERSION);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "ecokube-agentd CONFIG: Eco-Kube's agent; ecokube-agent --help says more\n";
    return kExitWrongUse;
  }
  try {
    const auto ended = run(argv[1]);
    if (ended) return *ended;
    std::cerr << "ecokube-agent: " << ended.error().message << '\n';
    return ended.error().code == Errc::config ? kExitWrongUse : kExitFailed;
  } catch (const std::exception& error) {
    std::cerr << "ecokube-agent: unforeseen error: " << error.what() << '\n';
    return kExitFailed;
  }
}
