#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

#include "node-agent/sensors/sample_clock.h"

namespace ecokube::agent {

/// How often the running boot has come back from suspend or hibernation: with the boot id, which
/// life of the machine this is. The kernel's two clocks part while it sleeps; how far they were
/// apart, and how often that has grown, outlives the agent in `<state_dir>/resumes`.
class Resumes {
 public:
  /// Both must outlive this.
  Resumes(const std::filesystem::path& state_dir, std::string boot_id, SampleClock& clock);

  /// Looks at the clocks.
  [[nodiscard]] std::uint32_t count();
  /// It came back, though the clocks may not show that: a program that puts it to sleep says so.
  void came_back();

 private:
  [[nodiscard]] std::chrono::milliseconds slept() const;
  void write() const;

  std::filesystem::path file_;
  std::string boot_id_;
  SampleClock& clock_;
  std::uint32_t count_ = 0;
  std::chrono::milliseconds slept_{};  ///< in all, when it was last looked at
};

}  // namespace ecokube::agent
