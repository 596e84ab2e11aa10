#include "node-agent/link/session.h"

#include <google/protobuf/stubs/logging.h>
#include <algorithm>

#include "common/names.h"

namespace ecokube::agent {
namespace {

/// The coordinator's words go into our log: one line, bounded.
std::string one_line(const v1::TurnedAway& message) {
  constexpr std::size_t kReasonMax = 1024;
  std::string text = message.reason().substr(0, kReasonMax);
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) c = ' ';
  }
  return text;
}

}  // namespace

Result<v1::ToAgent> LinkSession::receive(std::string_view body, std::chrono::nanoseconds now) {
  // Else protobuf writes lines of its own to our standard error as often as a peer likes.
  const google::protobuf::LogSilencer silence;
  v1::ToAgent message;
  if (!message.ParseFromArray(body.data(), static_cast<int>(body.size()))) {
    return fail(Errc::protocol, "the coordinator's message is no ToAgent");
  }
  if (message.has_turned_away()) {
    return fail(Errc::forbidden,
                "the coordinator turns this machine away: " + one_line(message.turned_away()));
  }
  if (message.has_welcome()) {
    if (auto taken = welcome(message.welcome(), now); !taken) {
      return std::unexpected(std::move(taken.error()));
    }
  } else if (state_ == State::waiting) {
    return fail(Errc::protocol, "the coordinator's first message is not Welcome");
  }
  if (message.has_leading()) next_beat_ = now;
  if (message.has_goodbye_ack()) {
    if (state_ != State::leaving) {
      return fail(Errc::protocol, "the coordinator acknowledges a goodbye that was not said");
    }
    goodbye_acknowledged_ = true;
  }
  return message;
}

Result<void> LinkSession::welcome(const v1::Welcome& welcome, std::chrono::nanoseconds now) {
  if (state_ != State::waiting) return fail(Errc::protocol, "the coordinator said Welcome twice");
  const std::chrono::milliseconds interval(welcome.heartbeat_interval_ms());
  if (interval < kIntervalMin || interval > kIntervalMax) {
    return fail(Errc::protocol, "the coordinator wants a heartbeat each " +
                                    std::to_string(interval.count()) + " ms; allowed are " +
                                    std::to_string(kIntervalMin.count()) + " to " +
                                    std::to_string(kIntervalMax.count()));
  }
  if (!is_node_name(welcome.coordinator_id())) {
    return fail(Errc::protocol, "the coordinator's Welcome has no usable id");
  }
  interval_ = interval;
  coordinator_id_ = welcome.coordinator_id();
  next_beat_ = now;
  state_ = State::open;
  return {};
}

bool LinkSession::has_company() const { return company_.count() > 0 && company_ <= interval_ / 5; }

std::chrono::nanoseconds LinkSession::look_at() const {
  if (state_ == State::waiting) return opened_at_ + kWelcomeLimit;
  return has_company() ? std::chrono::nanoseconds::max() : next_beat_;
}

bool LinkSession::heartbeat_due(std::chrono::nanoseconds now) const {
  const auto early = has_company() ? company_ / 2 : std::chrono::milliseconds(0);
  return is_open() && now + early >= next_beat_;
}

void LinkSession::heartbeat_sent(std::chrono::nanoseconds now, std::uint64_t random) {
  const auto tenth = interval_.count() / 10;
  const auto jitter =
      static_cast<std::int64_t>(random % static_cast<std::uint64_t>(2 * tenth + 1)) - tenth;
  next_beat_ = now + std::chrono::milliseconds(interval_.count() + jitter);
}

}  // namespace ecokube::agent
