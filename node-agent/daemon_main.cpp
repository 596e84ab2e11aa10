// ecokube-agentd CONFIG: the daemon, without what only the commands of ecokube-agent need, so that
// none of it lies in memory for as long as the machine runs.
#include <exception>
#include <iostream>

#include "common/log.h"
#include "node-agent/app.h"

namespace {

using namespace ecokube;

constexpr int kFailed = 1;
constexpr int kWrongUse = 2;  // of the command line or the configuration

Result<int> run(const char* config_file) {
  const auto config = agent::read_config(config_file);
  if (!config) return std::unexpected(config.error());
  if (const auto files = agent::check_files(*config); !files) {
    return std::unexpected(files.error());
  }
  if (const auto started = log::start("ecokube-agent", config->log_level); !started) {
    return std::unexpected(started.error());
  }
  return agent::run_agent(*config, ECOKUBE_VERSION);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "ecokube-agentd CONFIG: Eco-Kube's agent; ecokube-agent --help says more\n";
    return kWrongUse;
  }
  try {
    const auto ended = run(argv[1]);
    if (ended) return *ended;
    std::cerr << "ecokube-agent: " << ended.error().message << '\n';
    return ended.error().code == Errc::config ? kWrongUse : kFailed;
  } catch (const std::exception& error) {
    std::cerr << "ecokube-agent: unforeseen error: " << error.what() << '\n';
    return kFailed;
  }
}
