#pragma once

#include <sys/types.h>

#include <map>
#include <vector>

#include "common/error.h"
#include "common/policy_clock.h"
#include "lab/machine/machine_config.h"

namespace ecokube::lab {

/// The programs of a booted machine. Plain fork and exec: as a subreaper the machine reaps with
/// waitpid(-1), which would take the children of anything cleverer.
class Programs {
 public:
  explicit Programs(std::vector<NodeProgram> programs) : programs_(std::move(programs)) {}

  void start_all();
  /// SIGTERM to each program's process group; nothing is restarted any more.
  void ask_to_end();
  /// Everything was killed: forget it.
  void forget();
  /// A child ended; orphans of programs come here too and are only reaped.
  void ended(pid_t pid, int status, TimePoint now);
  /// Restarts what is due.
  void tick(TimePoint now);

 private:
  void start(std::size_t index);

  std::vector<NodeProgram> programs_;
  std::map<pid_t, std::size_t> running_;
  std::map<std::size_t, TimePoint> restarts_;
  bool wanted_ = false;
};

}  // namespace ecokube::lab
