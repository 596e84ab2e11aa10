#include "bench/programs.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <sstream>

namespace ecokube::bench {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds kGrace{10};

}  // namespace

Result<void> Programs::start(std::vector<std::string> argv) {
  const auto name = std::filesystem::path(argv.front()).filename().string();
  ChildOptions child;
  child.argv = std::move(argv);
  child.output_file = log(name);
  child.die_with_parent = true;
  auto process = start_child(executor_, child);
  if (!process) return fail_while("starting " + name, std::move(process.error()));
  started_[name] = *std::move(process);
  return {};
}

Result<void> Programs::all_run() {
  for (const auto& [name, process] : started_) {
    if (process->running()) continue;
    return fail(Errc::io, fmt::format("{} ended; its words are in {}", name, log(name).string()));
  }
  return {};
}

asio::awaitable<void> Programs::end_all() {
  for (auto& [name, process] : started_) co_await terminate(*process, kGrace);
  started_.clear();
}

std::int64_t resident_kb(int pid) {
  std::ifstream in(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("VmRSS:")) return std::stoll(line.substr(line.find(':') + 1));
  }
  return 0;
}

double cpu_seconds(int pid) {
  std::ifstream in(fmt::format("/proc/{}/stat", pid));
  std::string text;
  std::getline(in, text);
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos) return 0;
  // After the name come state and ten more fields, then the ticks in user and in system mode.
  std::istringstream fields(text.substr(name_end + 1));
  constexpr int kFieldsBefore = 11;
  std::string skipped;
  for (int i = 0; i < kFieldsBefore; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

}  // namespace ecokube::bench
