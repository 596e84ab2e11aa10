#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>

#include "common/log.h"
#include "node-agent/app.h"

namespace {

constexpr int kExitFailure = 1;
constexpr int kExitConfig = 2;

int fail_with(const ecokube::Error& error) {
  std::fprintf(stderr, "ecokube-agent: %s\n", error.message.c_str());
  return error.code == ecokube::Errc::config ? kExitConfig : kExitFailure;
}

int run(const std::filesystem::path& file, bool check_only) {
  const auto config = ecokube::agent::read_config(file);
  if (!config) return fail_with(config.error());
  if (const auto files = ecokube::agent::check_files(*config); !files) {
    return fail_with(files.error());
  }
  if (check_only) {
    std::printf("%s is right: node %s\n", file.c_str(), config->node_name.c_str());
    return 0;
  }
  if (const auto log = ecokube::log::start("ecokube-agent", config->log_level); !log) {
    return fail_with(log.error());
  }
  return ecokube::agent::run_agent(*config, ECOKUBE_VERSION);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Tells the Eco-Kube coordinator how this machine is, and powers it off when told to.");
  std::filesystem::path file = "/etc/ecokube/agent.toml";
  bool check_only = false;
  app.add_option("--config", file, "The agent's configuration")->capture_default_str();
  app.add_flag("--check-config", check_only, "Check the configuration and what it names, then end");
  app.set_version_flag("--version", std::string("ecokube-agent ") + ECOKUBE_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kExitConfig;
  }
  try {
    return run(file, check_only);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "ecokube-agent: %s\n", error.what());
    return kExitFailure;
  }
}
