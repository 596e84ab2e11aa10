#include "coordinator/api/times.h"

#include <fmt/format.h>

#include <boost/json/value.hpp>

namespace ecokube {

std::string rfc3339(TimePoint at) {
  using namespace std::chrono;
  const sys_time<milliseconds> wall(at.time_since_epoch());
  const auto day = floor<days>(wall);
  const year_month_day date(day);
  const hh_mm_ss time(wall - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     time.hours().count(), time.minutes().count(), time.seconds().count(),
                     time.subseconds().count());
}

std::string words(Duration time) {
  using namespace std::chrono;
  const auto whole = duration_cast<std::chrono::seconds>(time);
  if (whole < minutes(2)) {
    return time % 1s == 0ms || whole >= 10s ? fmt::format("{} s", whole.count())
                                            : fmt::format("{:.1f} s", ecokube::seconds(time));
  }
  const auto two = [](auto large, const char* large_unit, auto small, const char* small_unit) {
    return small == 0 ? fmt::format("{} {}", large, large_unit)
                      : fmt::format("{} {} {} {}", large, large_unit, small, small_unit);
  };
  const auto m = duration_cast<minutes>(whole).count();
  constexpr std::int64_t kHour = 60;
  constexpr std::int64_t kDay = 24 * kHour;
  if (m < kHour) return two(m, "min", whole.count() % 60, "s");
  if (m < kDay) return two(m / kHour, "h", m % kHour, "min");
  return two(m / kDay, "d", m % kDay / kHour, "h");
}

void put_time(boost::json::object& into, std::string_view key, std::optional<TimePoint> at) {
  const std::string name(key);
  into[name] = at ? boost::json::value(rfc3339(*at)) : boost::json::value(nullptr);
  into[name + "_ms"] = at ? boost::json::value(to_ms(*at)) : boost::json::value(nullptr);
}

}  // namespace ecokube
