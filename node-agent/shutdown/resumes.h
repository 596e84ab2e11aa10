#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

#include "node-agent/sensors/sample_clock.h"

namespace ecokube::agent {

/// How often the running boot has come back from suspend or hibernation: with the boot id, which
/// life of the machine this is. The kernel counts suspends (sysfs-power, suspend_stats/success),
/// just after it has let us go on; hibernation shows on its two clocks alone, which part while the
/// machine sleeps, and a short sleep may not. What was counted outlives the agent in
/// `<state_dir>/resumes`.
class Resumes {
 public:
  /// `clock` must outlive this; `sysfs`: where that is, as /sys.
  Resumes(const std::filesystem::path& state_dir, std::string boot_id, SampleClock& clock,
          const std::filesystem::path& sysfs);

  /// Looks at the clocks.
  [[nodiscard]] std::uint32_t count();
  /// It came back, though the clocks may not show that: a program that puts it to sleep says so.
  void came_back();

 private:
  [[nodiscard]] std::chrono::milliseconds slept() const;
  [[nodiscard]] std::uint32_t suspends() const;
  void write() const;

  std::filesystem::path file_, stats_;
  std::string boot_id_;
  SampleClock& clock_;
  std::uint32_t count_ = 0;
  std::chrono::milliseconds slept_{};   ///< in all, when it was last looked at
  std::uint32_t suspends_ = 0;          ///< the same of the kernel's count
  std::uint32_t told_early_ = 0;        ///< by the clocks, before the kernel has counted it
  std::chrono::nanoseconds told_at_{};  ///< CLOCK_MONOTONIC
};

}  // namespace ecokube::agent
