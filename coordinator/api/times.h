#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "common/policy_clock.h"

namespace ecokube {

/// RFC 3339 in UTC with milliseconds: "2026-11-22T09:30:00.250Z".
[[nodiscard]] std::string rfc3339(TimePoint at);

/// For sentences: "8 s", "10 min", "1 h 30 min", "2 d 3 h".
[[nodiscard]] std::string words(Duration time);

/// Puts `key` (RFC 3339) and `key`_ms; both null when there is no time.
void put_time(boost::json::object& into, std::string_view key, std::optional<TimePoint> at);

/// Seconds with the millisecond kept.
[[nodiscard]] inline double seconds(Duration time) {
  return static_cast<double>(time.count()) / 1000.0;
}

}  // namespace ecokube
