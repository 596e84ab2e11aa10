#include <filesystem>
#include <iostream>
#include <string>

#include "common/program.h"
#include "lab/machine/power_socket.h"

namespace {

using namespace ecokube;

Result<int> press(const std::filesystem::path& machine, const std::string& command) {
  constexpr std::chrono::milliseconds kLimit{10000};
  const auto answer = lab::ask_machine(machine, command, kLimit);
  if (!answer) return std::unexpected(answer.error());
  std::cout << *answer << '\n';
  return answer->starts_with("error") ? kExitFailed : 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::filesystem::path machine;
  std::string command;
  Program program("lab-power", ECOKUBE_VERSION,
                  "The power button of a lab machine. `off` is the orderly way down, `crash` cuts "
                  "the power.");
  program.option("command", command, "off, on, crash or status")
      .required()
      .one_of({"off", "on", "crash", "status"});
  program.option("--machine", machine, "the machine's folder").required();
  return program.run(argc, argv, [&] { return press(machine, command); });
}
