#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "coordinator/core/boot_proof.h"
#include "coordinator/core/policy.h"
#include "coordinator/core/step.h"
#include "coordinator/core/world.h"

// How long a machine may sleep (S18, S26): as long as one of its pool has been woken from, and four
// times that for as many as may be lost to what only a longer sleep brings out: a port that goes
// deaf after an hour, a card that is powered down after a day. The others are woken, and sleep on
// when those have shown that they come back. Beyond the time between two patches nobody sleeps, and
// not beyond what the kubelet needs to renew its certificate.
namespace ecokube::core {

/// The longest sleep that the wake proves which is going on or has just ended.
[[nodiscard]] Duration slept_at_wake(const Node& node);

/// Of one World at one time.
class SleepLimits {
 public:
  SleepLimits(const World& world, const Policy& policy, TimePoint now);

  /// Why the sleeper is to be woken now; nullopt: it may sleep on, or does not sleep by policy.
  [[nodiscard]] std::optional<Reason> over(const Node& node) const;
  /// Until when it may sleep, as things stand; nullopt: it does not sleep by policy.
  [[nodiscard]] std::optional<TimePoint> until(const Node& node) const;
  /// The next time at which a sleeper's is over, or it begins to try a longer one.
  [[nodiscard]] std::optional<TimePoint> next() const { return next_; }

 private:
  struct Limit {
    TimePoint since, until;
    const Pool* pool;
    Duration proven;                    ///< of its pool
    std::optional<TimePoint> awake_by;  ///< whatever else was proven
    bool tries = false;                 ///< a longer one
  };
  void find_limits(const World& world);
  /// Of those that sleep longer than was proven, those that have tried it for longest go on.
  void let_try(std::vector<Limit*> past, std::int64_t places) const;
  [[nodiscard]] TimePoint latest(const Limit& limit, Duration sleep) const;

  const Policy& policy_;
  TimePoint now_;
  [[nodiscard]] Duration proven(const Pool* pool, SleepMode mode) const;
  std::map<std::pair<const Pool*, SleepMode>, Duration> proven_;  ///< longer than the first
  std::map<NodeName, Limit> limits_;                              ///< of those that are down
  std::optional<TimePoint> next_;
};

}  // namespace ecokube::core
