#include <CLI/CLI.hpp>
#include <iostream>

#include "lab/machine/power_socket.h"

int main(int argc, char** argv) {
  std::filesystem::path machine;
  std::string command;
  CLI::App app(
      "The power button of a lab machine. `off` is the orderly way down, `crash` cuts the "
      "power.");
  app.set_version_flag("--version", ECOKUBE_VERSION);
  app.add_option("command", command, "off, on, crash or status")
      ->required()
      ->check(CLI::IsMember({"off", "on", "crash", "status"}));
  app.add_option("--machine", machine, "the machine's folder")->required();
  CLI11_PARSE(app, argc, argv);

  constexpr std::chrono::milliseconds kLimit{10000};
  const auto answer = ecokube::lab::ask_machine(machine, command, kLimit);
  if (!answer) {
    std::cerr << "lab-power: " << answer.error().message << '\n';
    return 1;
  }
  std::cout << *answer << '\n';
  return answer->starts_with("error") ? 1 : 0;
}
