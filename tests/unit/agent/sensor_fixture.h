#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "node-agent/sensors/powercap.h"
#include "node-agent/sensors/sample_clock.h"
#include "tests/support/temp_dir.h"

namespace ecokube::agent {

/// Stands still until it is moved. `per_read`: how long each look at it takes.
class FakeClock final : public SampleClock {
 public:
  [[nodiscard]] Stamp now() override {
    const Stamp stamp{time_, time_ + asleep_};
    time_ += per_read;
    return stamp;
  }
  void at(std::chrono::nanoseconds monotonic) { time_ = monotonic; }
  void advance(std::chrono::nanoseconds time) { time_ += time; }
  void suspend(std::chrono::nanoseconds time) { asleep_ += time; }

  std::chrono::nanoseconds per_read{0};

 private:
  std::chrono::nanoseconds time_{};
  std::chrono::nanoseconds asleep_{};
};

/// A sysfs with powercap zones as the kernel makes them. Its files are written in place, as those
/// who keep them open expect.
struct PowercapTree {
  test::TempDir root;

  void zone(const std::string& path, const std::string& name, std::uint64_t joules,
            const std::string& max_power_uw = "") {
    const auto folder = "class/powercap/" + path + "/";
    root.write(folder + "name", name + "\n");
    root.write(folder + "max_energy_range_uj", "262143328850\n");
    if (!max_power_uw.empty()) root.write(folder + "constraint_0_max_power_uw", max_power_uw);
    energy(path, joules);
  }
  void energy(const std::string& path, std::uint64_t joules) {
    microjoules(path, joules * 1'000'000);
  }
  void microjoules(const std::string& path, std::uint64_t value) {
    root.write("class/powercap/" + path + "/energy_uj", std::to_string(value) + "\n");
  }
};

inline Energy joules(std::uint64_t value) { return Energy::joules(value); }

}  // namespace ecokube::agent
