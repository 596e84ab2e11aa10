// ecokube-bmc-info: one question of the agent about the machine's own management controller,
// answered by ipmitool with one right: to open its device.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "common/bounded_run.h"
#include "node-agent/helpers/bmc_info.h"
#include "node-agent/helpers/one_question.h"

namespace {

using namespace ecokube::agent;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kEach = seconds(8);
constexpr milliseconds kAll = seconds(20);  // below the unit's RuntimeMaxSec
constexpr std::size_t kBytesMax = 16UL * 1024;

std::string answer(std::string_view line, const std::filesystem::path& devices) {
  BmcAnswer said;
  if (line != "status") {
    said.problem = "ask \"status\"";
    return to_line(said);
  }
  const auto until = std::chrono::steady_clock::now() + kAll;
  return to_line(answer_of(devices, [until](const std::vector<std::string>& words) {
    std::vector<std::string> argv{"ipmitool", "-I", "open"};
    argv.insert(argv.end(), words.begin(), words.end());
    const auto left =
        std::chrono::duration_cast<milliseconds>(until - std::chrono::steady_clock::now());
    return ecokube::run_bounded(argv, std::min(kEach, left), kBytesMax);
  }));
}

}  // namespace

/// Another folder than /dev is for tests: whoever asks can't name it.
int main(int argc, char** argv) {
  const std::filesystem::path devices = argc > 1 ? argv[1] : "/dev";
  return answer_one_question(STDIN_FILENO,
                             [&](std::string_view line) { return answer(line, devices); });
}
