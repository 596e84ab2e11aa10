#include <variant>

#include "cli/command.h"
#include "cli/run.h"

int main(int argc, char** argv) {
  const auto parsed = ecokube::cli::parse_command(argc, argv, ECOKUBE_VERSION);
  if (const auto* exit_code = std::get_if<int>(&parsed)) return *exit_code;
  return ecokube::cli::run(std::get<ecokube::cli::Command>(parsed));
}
