#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "common/policy_clock.h"

// How a Lease's duration is shared out between its holder and those who wait for it (S5). Two
// clocks are never compared: the holder counts from before it sent a renewal, who waits counts from
// when it saw that renewal, which is later. The holder stops a tenth of the duration before anybody
// else may start, whatever the requests between take.
namespace ecokube::kubernetes {

/// A holder acts for so long after it sent its last renewal.
[[nodiscard]] constexpr Duration acts_for(Duration lease) { return lease * 7 / 10; }
/// Another may take it when it saw no renewal for so long. It looks every tenth of the duration if
/// no watch tells it sooner, so it takes the Lease within its duration of the last renewal.
[[nodiscard]] constexpr Duration waits_for(Duration lease) { return lease * 8 / 10; }
/// Two renewals may fail.
[[nodiscard]] constexpr Duration renews_every(Duration lease) { return lease / 5; }
[[nodiscard]] constexpr Duration looks_every(Duration lease) { return lease / 10; }

/// Tells when a Lease that is not held here may be taken. One that is not there says nothing of who
/// held it a moment ago: it is made soon, which ends every renewal of another's, but who made it
/// acts only when another's time would be over. A holder that is known here is left the time to
/// make it again itself: it acts on at once. No I/O and no clock of its own.
class LeaseClaim {
 public:
  /// `own` is the holder identity of this process.
  LeaseClaim(std::string own, Duration duration) : own_(std::move(own)), duration_(duration) {}

  /// What was read now; nullptr: there is no Lease. nullopt: it may not be taken yet. Else it may
  /// be taken, or made, now, and who did so acts when that long has passed after the answer: see
  /// acts_from().
  [[nodiscard]] std::optional<Duration> look(const boost::json::object* lease, TimePoint now);
  /// A write that takes it is sent after look() said `wait`; whether it arrives may not be known.
  void try_to_take(Duration wait) { tried_ = wait; }
  /// A write was refused for what is there: it has moved on from what was read last. The same read
  /// once more is another past.
  void was_refused() { ++last_revision_; }
  /// When we act who took it after look() said `wait`. Never before what was said earlier: a Lease
  /// that ran out here while we waited is ours still, and so is the wait.
  [[nodiscard]] TimePoint acts_from(Duration wait, TimePoint answered);
  /// It was taken or renewed here.
  void hold(const boost::json::object& lease);
  /// While we acted as its holder it was found to be gone: nobody else acts before `until`, when
  /// our own time is over.
  void was_deleted(TimePoint until) { ours_until_ = until; }

  /// Of the holder that is waited for, to renew it or to make it again; nullopt: none is.
  [[nodiscard]] std::optional<TimePoint> may_be_taken_at() const;
  /// Empty: nobody is known to hold it.
  [[nodiscard]] std::string holder() const { return waiting_ ? waiting_->holder : ""; }
  [[nodiscard]] std::int64_t highest_fence() const { return highest_fence_; }
  /// What was read last is older than what was read before: another past, a restored etcd. True
  /// once for each time.
  [[nodiscard]] bool went_backwards() { return std::exchange(went_backwards_, false); }

 private:
  struct Waiting {
    std::string holder;
    std::int64_t revision = 0;
    TimePoint may_be_taken_at;  ///< if the Lease stays as it is
  };
  [[nodiscard]] std::optional<Duration> look_at_none(TimePoint now);
  /// That we may act at once on a Lease that was deleted under us holds for our own time only: a
  /// write of ours that arrived later may have come after another made it, and acted.
  [[nodiscard]] Duration unless_late(Duration wait, TimePoint answered) const;
  /// False when it is older than what was read before.
  bool note(const boost::json::object& lease);

  std::string own_;
  Duration duration_;  ///< the longest known
  std::optional<Waiting> waiting_;
  std::optional<TimePoint> gone_since_;  ///< no Lease was there when we looked
  std::int64_t highest_fence_ = 0;
  std::int64_t last_revision_ = 0;
  std::optional<Duration> tried_;  ///< by us; until it is held, or another is seen on it
  TimePoint looked_at_;            ///< when there was one
  TimePoint acts_from_;            ///< as it was said last
  TimePoint ours_until_;           ///< though there is no Lease
  bool went_backwards_ = false;
};

/// How a holder gives it back: nobody's, and for a second only. `now` is a MicroTime.
void give_back(boost::json::object& lease, const std::string& now);

/// The annotation names::kFence; 0: none.
[[nodiscard]] std::int64_t fence_of(const boost::json::object& lease);

}  // namespace ecokube::kubernetes
