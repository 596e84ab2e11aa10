#include "lab/demo/lab_processes.h"

#include <fmt/format.h>

#include <csignal>
#include <deque>
#include <fstream>

#include "common/log.h"

namespace ecokube::lab {

namespace asio = boost::asio;

std::string last_lines(const std::filesystem::path& file) {
  constexpr std::size_t kLines = 8;
  std::deque<std::string> lines;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    lines.push_back(std::move(line));
    if (lines.size() > kLines) lines.pop_front();
  }
  std::string out;
  for (const auto& line : lines) out += "\n    " + line;
  return out;
}

std::string LabProcesses::log_end(const std::string& name) const {
  const auto file = lab_.log(name);
  return fmt::format("; see {}, which ends with:{}", file.string(), last_lines(file));
}

Result<std::unique_ptr<ChildProcess>> LabProcesses::start_one(const std::string& name,
                                                              std::vector<std::string> argv) {
  argv.front() = lab_.program(argv.front());
  ChildOptions options;
  options.argv = std::move(argv);
  options.output_file = lab_.log(name);
  options.die_with_parent = true;
  return start_child(executor_, options);
}

Result<void> LabProcesses::start(const std::string& name, std::vector<std::string> argv) {
  auto process = start_one(name, argv);
  if (!process) return fail_while("starting " + name, process.error());
  started_.push_back({name, std::move(argv), std::move(*process)});
  return {};
}

Result<void> LabProcesses::kill_and_restart(const std::string& name) {
  for (auto& started : started_) {
    if (started.name != name) continue;
    started.process.reset();  // kills and reaps it
    auto process = start_one(name, started.argv);
    if (!process) return fail_while("starting " + name + " again", process.error());
    started.process = std::move(*process);
    return {};
  }
  return fail(Errc::not_found, name + " was not started");
}

asio::awaitable<Result<void>> LabProcesses::run(std::string name, std::vector<std::string> argv,
                                                std::chrono::milliseconds limit) {
  auto process = start_one(name, std::move(argv));
  if (!process) co_return fail_while("starting " + name, process.error());
  const std::optional<int> code = co_await (*process)->wait(limit);
  if (code == 0) co_return Result<void>{};
  const std::string how = code ? fmt::format("exit code {}", *code)
                               : fmt::format("still running after {}", limit.count());
  co_return fail(Errc::refused, fmt::format("{}: {}{}", name, how, log_end(name)));
}

std::optional<std::string> LabProcesses::dead() {
  for (auto& [name, argv, process] : started_) {
    if (!process || !process->running()) {
      return fmt::format("{} ended by itself{}", name, log_end(name));
    }
  }
  return std::nullopt;
}

asio::awaitable<void> LabProcesses::end_all() {
  constexpr std::chrono::milliseconds kGrace{8000};
  while (!started_.empty()) {
    Started last = std::move(started_.back());
    started_.pop_back();
    co_await terminate(*last.process, kGrace);
  }
}

}  // namespace ecokube::lab
