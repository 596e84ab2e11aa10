#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/error.h"
#include "ecokube/v1/agent.pb.h"

namespace ecokube::agent {

/// The agent's side of one connection, without I/O and without a clock: what may come when, and
/// when the next heartbeat is due. Times are CLOCK_BOOTTIME.
class LinkSession {
 public:
  static constexpr std::chrono::milliseconds kIntervalMin{50};
  static constexpr std::chrono::milliseconds kIntervalMax{60'000};
  static constexpr std::chrono::milliseconds kWelcomeLimit{10'000};

  /// `company`: so often somebody looks anyway, 0: never. Within a fifth of the interval the
  /// heartbeat goes with the look that is nearest to its time, and has none of its own.
  explicit LinkSession(std::chrono::nanoseconds now, std::chrono::milliseconds company = {})
      : company_(company), opened_at_(now), next_beat_(now) {}

  /// One frame's body. The message it holds, once it was allowed to come now; else protocol. After
  /// a Leading a heartbeat is due at once.
  [[nodiscard]] Result<v1::ToAgent> receive(std::string_view body, std::chrono::nanoseconds now);

  /// True from the Welcome to our Goodbye: heartbeats go out and commands may come.
  [[nodiscard]] bool is_open() const { return state_ == State::open; }
  [[nodiscard]] bool is_leaving() const { return state_ == State::leaving; }
  [[nodiscard]] bool goodbye_acknowledged() const { return goodbye_acknowledged_; }
  [[nodiscard]] const std::string& coordinator_id() const { return coordinator_id_; }
  [[nodiscard]] std::chrono::milliseconds heartbeat_interval() const { return interval_; }

  /// When to look again: the next heartbeat, or the end of our patience for a Welcome. The maximum:
  /// with our company.
  [[nodiscard]] std::chrono::nanoseconds look_at() const;
  [[nodiscard]] bool heartbeat_due(std::chrono::nanoseconds now) const;
  [[nodiscard]] bool welcome_overdue(std::chrono::nanoseconds now) const {
    return state_ == State::waiting && now >= look_at();
  }
  /// A heartbeat went out: the next is due in an interval, give or take a tenth, so that the agents
  /// of a whole cluster do not speak at once. `random` is any uniformly drawn number.
  void heartbeat_sent(std::chrono::nanoseconds now, std::uint64_t random);

  void goodbye_sent() { state_ = State::leaving; }

 private:
  enum class State { waiting, open, leaving };
  [[nodiscard]] bool has_company() const;
  Result<void> welcome(const v1::Welcome& welcome, std::chrono::nanoseconds now);

  State state_ = State::waiting;
  std::chrono::milliseconds company_;
  std::chrono::nanoseconds opened_at_, next_beat_;
  std::chrono::milliseconds interval_{5000};
  std::string coordinator_id_;
  bool goodbye_acknowledged_ = false;
};

}  // namespace ecokube::agent
