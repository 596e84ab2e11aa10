#pragma once

#include <sys/types.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/error.h"

namespace ecokube {

struct ChildOptions {
  std::vector<std::string> argv;                                 ///< argv[0] is searched in PATH
  std::vector<std::pair<std::string, std::string>> environment;  ///< added to ours
  std::filesystem::path working_directory;
  std::filesystem::path output_file;  ///< stdout and stderr are appended there; empty: inherited
  bool die_with_parent = false;       ///< PR_SET_PDEATHSIG SIGKILL: nothing is left behind
  bool no_input = false;              ///< stdin is /dev/null, else it is ours
  /// Above 0: stdout and stderr are kept for output() instead, and cut off there. Whole pages.
  std::size_t output_bytes_max = 0;
};

/// A child in a process group of its own, watched by a pidfd: no SIGCHLD handler, no polling.
class ChildProcess {
 public:
  virtual ~ChildProcess() = default;  ///< kills and reaps the group if it still lives
  [[nodiscard]] virtual pid_t pid() const = 0;
  [[nodiscard]] virtual bool running() = 0;
  /// To the whole process group.
  virtual void signal_group(int signal) = 0;
  /// Waits for the end: exit status as the shell counts it (128 + signal when killed).
  /// nullopt: it still runs after `limit`.
  [[nodiscard]] virtual boost::asio::awaitable<std::optional<int>> wait(
      std::optional<std::chrono::milliseconds> limit) = 0;
  /// What it has written so far, where ChildOptions::output_bytes_max asked for it.
  [[nodiscard]] virtual std::string output() const = 0;
};

[[nodiscard]] Result<std::unique_ptr<ChildProcess>> start_child(
    const boost::asio::any_io_executor& executor, const ChildOptions& options);

/// Waits for the end as wait() does; who still runs after `limit` is killed with its whole group
/// and reaped: nullopt.
[[nodiscard]] boost::asio::awaitable<std::optional<int>> wait_or_kill(
    ChildProcess& child, std::chrono::milliseconds limit);

/// SIGTERM to the group, SIGKILL after `grace`, then reaped. Returns the exit status.
[[nodiscard]] boost::asio::awaitable<int> terminate(ChildProcess& child,
                                                    std::chrono::milliseconds grace);

}  // namespace ecokube
