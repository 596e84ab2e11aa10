#include "common/span_text.h"

#include <chrono>
#include <cstdint>

namespace ecokube {

std::string span_text(Duration time) {
  constexpr std::int64_t kMinute = 60;
  constexpr std::int64_t kHour = 60 * kMinute;
  constexpr std::int64_t kDay = 24 * kHour;
  const auto s = std::chrono::floor<std::chrono::seconds>(time).count();
  if (s >= 2 * kDay) return std::to_string(s / kDay) + " days";
  if (s >= 2 * kHour) return std::to_string(s / kHour) + " h";
  if (s >= 2 * kMinute) return std::to_string(s / kMinute) + " min";
  return std::to_string(s) + " s";
}

std::string end_text(TimePoint end, TimePoint now) {
  return end > now ? "ends in " + span_text(end - now) : "ended " + span_text(now - end) + " ago";
}

}  // namespace ecokube
