#include <filesystem>
#include <utility>

#include "common/log.h"
#include "common/program.h"
#include "lab/machine/machine_process.h"

namespace {

using namespace ecokube;

Result<void> run(const std::filesystem::path& file) {
  auto config = lab::read_machine_config(file);
  if (!config) return std::unexpected(std::move(config.error()));
  auto started = log::start("lab-machine/" + config->name, config->log_level);
  if (!started) return started;
  return lab::make_machine_process(*std::move(config))->run();
}

}  // namespace

int main(int argc, char** argv) {
  std::filesystem::path file;
  Program program("lab-machine", ECOKUBE_VERSION,
                  "A bare-metal machine of the lab: wake port, power button, sysfs and procfs "
                  "tree, power meter, and the programs of the node below it.");
  program.option("--config", file, "the machine's TOML file").required();
  return program.run(argc, argv, [&] { return run(file); });
}
