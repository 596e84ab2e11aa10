#include <CLI/CLI.hpp>
#include <iostream>

#include "common/log.h"
#include "lab/machine/machine_process.h"

int main(int argc, char** argv) {
  using namespace ecokube;
  std::filesystem::path file;
  CLI::App app(
      "A bare-metal machine of the lab: wake port, power button, sysfs and procfs tree, "
      "power meter, and the programs of the node below it.");
  app.set_version_flag("--version", ECOKUBE_VERSION);
  app.add_option("--config", file, "the machine's TOML file")->required();
  CLI11_PARSE(app, argc, argv);

  auto config = lab::read_machine_config(file);
  if (!config) {
    std::cerr << "lab-machine: " << config.error().message << '\n';
    return 2;
  }
  if (auto started = log::start("lab-machine/" + config->name, config->log_level); !started) {
    std::cerr << "lab-machine: " << started.error().message << '\n';
    return 2;
  }
  if (auto done = lab::make_machine_process(std::move(*config))->run(); !done) {
    log::error("{}", done.error().message);
    return done.error().code == Errc::config ? 2 : 1;
  }
  return 0;
}
