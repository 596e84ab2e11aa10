#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace ecokube::lab {

/// What a spectator sees: from the coordinator's REST API, for display only.
struct Spectacle {
  std::string phase;
  std::int64_t jobs = 0, uploaded = 0, done = 0;
  std::optional<std::int64_t> lag, pods;
  std::map<std::string, std::string> nodes;  ///< name → state
  std::optional<double> watts;
};

/// Live progress on standard output: one block that is rewritten on a terminal, a line every few
/// seconds elsewhere.
class Progress {
 public:
  Progress();
  /// A line that stays.
  void say(const std::string& line);
  void show(const Spectacle& now);
  /// The block stays as it is; what comes next is below it.
  void finish();

 private:
  [[nodiscard]] std::string elapsed() const;
  void erase();

  using Clock = std::chrono::steady_clock;
  bool terminal_;
  int lines_shown_ = 0;
  Clock::time_point begin_ = Clock::now();
  Clock::time_point next_line_{};
};

}  // namespace ecokube::lab
