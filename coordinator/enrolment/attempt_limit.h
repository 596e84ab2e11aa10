#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "common/error.h"
#include "common/policy_clock.h"

namespace ecokube::enrolment {

/// Slows down whoever guesses tokens: so many failures for each address and in all, then a pause.
/// Bounded, whatever comes; time is told to it.
class AttemptLimit {
 public:
  static constexpr int kFailuresMax = 5;         ///< of one address in kWindow
  static constexpr int kFailuresOfAllMax = 100;  ///< of all addresses in kWindow
  static constexpr std::chrono::minutes kWindow{1};
  static constexpr std::size_t kAddressesMax = 256;

  /// busy: too many failures lately.
  [[nodiscard]] Result<void> check(const std::string& address, TimePoint now);
  void failed(const std::string& address, TimePoint now);
  [[nodiscard]] std::size_t size() const { return addresses_.size(); }

 private:
  struct Count {
    TimePoint since;
    int failures = 0;
  };
  void forget_old(TimePoint now);

  std::map<std::string, Count> addresses_;
  Count all_;
};

}  // namespace ecokube::enrolment
