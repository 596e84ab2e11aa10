#include <CLI/CLI.hpp>
#include <exception>
#include <filesystem>
#include <iostream>

#include "common/log.h"
#include "coordinator/app.h"

namespace {

constexpr int kFailed = 1;
constexpr int kBadConfiguration = 2;

int report(const ecokube::Error& error) {
  std::cerr << "ecokube-coordinator: " << error.message << "\n";
  return error.code == ecokube::Errc::config ? kBadConfiguration : kFailed;
}

int main_impl(int argc, char** argv) {
  CLI::App cli{"Switches idle nodes off and has them back when they are needed."};
  std::filesystem::path file = "/etc/ecokube/coordinator.toml";
  bool check_only = false;
  bool dry_run = false;
  cli.add_option("--config", file, "Configuration file")->capture_default_str();
  cli.add_flag("--check-config", check_only, "Check the configuration, print it and end");
  cli.add_flag("--dry-run", dry_run, "Decide and explain everything, touch nothing");
  cli.set_version_flag("--version", ECOKUBE_VERSION);
  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = cli.exit(error);
    return code == 0 ? 0 : kBadConfiguration;
  }
  auto config = ecokube::read_coordinator_config(file);
  if (!config) return report(config.error());
  config->policy.dry_run = config->policy.dry_run || dry_run;
  if (auto logging = ecokube::log::start("ecokube-coordinator", config->log_level); !logging) {
    return report(logging.error());
  }
  if (check_only) {
    std::cout << ecokube::describe(*config);
    return 0;
  }
  const auto run = ecokube::run_coordinator(*config);
  return run ? 0 : report(run.error());
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return main_impl(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "ecokube-coordinator: unforeseen error: " << error.what() << "\n";
    return kFailed;
  }
}
