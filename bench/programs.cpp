#include "bench/programs.h"

#include <fmt/format.h>

#include <chrono>

namespace ecokube::bench {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds kGrace{10};

}  // namespace

Result<void> Programs::start(std::vector<std::string> argv) {
  const auto name = std::filesystem::path(argv.front()).filename().string();
  return start(name, std::move(argv), {});
}

Result<void> Programs::start(const std::string& name, std::vector<std::string> argv,
                             std::vector<std::pair<std::string, std::string>> environment) {
  ChildOptions child;
  child.argv = std::move(argv);
  child.environment = std::move(environment);
  child.output_file = log(name);
  child.die_with_parent = true;
  auto process = start_child(executor_, child);
  if (!process) return fail_while("starting " + name, std::move(process.error()));
  started_[name] = *std::move(process);
  return {};
}

Result<void> Programs::runs(const std::string& name) {
  if (started_.at(name)->running()) return {};
  return fail(Errc::io, fmt::format("{} ended; its words are in {}", name, log(name).string()));
}

Result<void> Programs::all_run() {
  for (const auto& [name, process] : started_) {
    if (auto done = runs(name); !done) return done;
  }
  return {};
}

asio::awaitable<void> Programs::end_all() {
  for (auto& [name, process] : started_) co_await terminate(*process, kGrace);
  started_.clear();
}

}  // namespace ecokube::bench
