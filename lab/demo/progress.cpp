#include "lab/demo/progress.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

namespace ecokube::lab {

namespace {

constexpr std::chrono::seconds kLineInterval{5};

std::string or_dash(const std::optional<std::int64_t>& value) {
  return value ? std::to_string(*value) : "-";
}

std::string watts_text(const Spectacle& now) {
  return now.watts ? fmt::format("{:.1f} W", *now.watts) : "-";
}

/// Green on, yellow under way, grey off.
std::string coloured(const std::string& name, const std::string& state) {
  const char* colour = "33";
  if (state == "Ready") colour = "32";
  if (state == "PoweredDown") colour = "90";
  if (state == "Quarantined" || state == "Unknown") colour = "31";
  return fmt::format("\033[{}m●\033[0m {} {:<13}", colour, name, state);
}

std::string bar(std::int64_t done, std::int64_t all) {
  constexpr std::int64_t kCells = 30;
  const auto full = static_cast<std::size_t>(all > 0 ? done * kCells / all : 0);
  std::string out;
  for (std::size_t i = 0; i < kCells; ++i) out += i < full ? "█" : "░";
  return out;
}

}  // namespace

Progress::Progress() : terminal_(::isatty(STDOUT_FILENO) == 1 && std::getenv("CI") == nullptr) {}

std::string Progress::elapsed() const {
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - begin_).count();
  return fmt::format("{}:{:02}", seconds / 60, seconds % 60);
}

void Progress::erase() {
  if (lines_shown_ > 0) fmt::print("\033[{}A\033[J", lines_shown_);
  lines_shown_ = 0;
}

void Progress::say(const std::string& line) {
  erase();
  fmt::print("[{:>5}] {}\n", elapsed(), line);
  std::fflush(stdout);
}

void Progress::show(const Spectacle& now) {
  if (terminal_) {
    erase();
    std::vector<std::string> nodes;
    for (const auto& [name, state] : now.nodes) nodes.push_back(coloured(name, state));
    fmt::print("\n  \033[1m{}\033[0m  {}\n", now.phase, elapsed());
    fmt::print("  uploads {} {}/{}, {} done\n", bar(now.done, now.jobs), now.uploaded, now.jobs,
               now.done);
    fmt::print("  lag {:<6} pods {:<4} {}\n", or_dash(now.lag), or_dash(now.pods), watts_text(now));
    fmt::print("  {}\n", fmt::join(nodes, "  "));
    constexpr int kLines = 5;
    lines_shown_ = kLines;
  } else if (Clock::now() >= next_line_) {
    next_line_ = Clock::now() + kLineInterval;
    std::vector<std::string> nodes;
    for (const auto& [name, state] : now.nodes) nodes.push_back(name + " " + state);
    fmt::print("[{:>5}] {}: {}/{} uploaded, {} done, lag {}, {} pods, {}, {}\n", elapsed(),
               now.phase, now.uploaded, now.jobs, now.done, or_dash(now.lag), or_dash(now.pods),
               watts_text(now), fmt::join(nodes, ", "));
  }
  std::fflush(stdout);
}

void Progress::finish() { lines_shown_ = 0; }

}  // namespace ecokube::lab
