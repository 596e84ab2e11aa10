#pragma once

#include <chrono>
#include <cstdint>

#include "node-agent/sensors/energy_counter.h"

namespace ecokube::agent {

/// Tells whether two zones of one package are one counter shown twice: some processors have several
/// dies and one register for all of them. Until that is known the second is not counted, so that a
/// sum that was given out never has to be taken back.
class MirrorWatch {
 public:
  enum class Verdict { undecided, mirror, distinct };

  /// Both zones' values of one sample, read this far apart.
  void compare(std::uint64_t first_uj, std::uint64_t second_uj, std::chrono::nanoseconds apart,
               const CounterLimits& limits);
  [[nodiscard]] Verdict verdict() const { return verdict_; }

 private:
  Verdict verdict_ = Verdict::undecided;
  std::uint64_t last_uj_ = 0;
  int moved_alike_ = -1;  ///< samples in which both moved and stayed together; -1: none seen yet
};

}  // namespace ecokube::agent
