#pragma once

#include <chrono>

namespace ecokube::agent {

/// Both clocks at one moment. `boottime` goes on while the machine is suspended, `monotonic` does
/// not: their difference tells how long it slept.
struct Stamp {
  std::chrono::nanoseconds monotonic{};
  std::chrono::nanoseconds boottime{};
};

/// Asked before and after each read of a sensor: reads may be slow, and we may be scheduled out
/// between two of them.
class SampleClock {
 public:
  virtual ~SampleClock() = default;
  [[nodiscard]] virtual Stamp now() = 0;
};

class KernelClock final : public SampleClock {
 public:
  [[nodiscard]] Stamp now() override;
};

/// When a value was read: somewhere between these two.
struct ReadTime {
  Stamp before, after;
};

/// True when the machine was suspended from one to the other. The clocks are not read in one
/// moment, so a little difference is none.
[[nodiscard]] bool suspended_between(const Stamp& from, const Stamp& to);

/// Time awake from one read to the next, from middle to middle.
[[nodiscard]] std::chrono::nanoseconds elapsed_between(const ReadTime& from, const ReadTime& to);

}  // namespace ecokube::agent
