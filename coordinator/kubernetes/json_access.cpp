#include "coordinator/kubernetes/json_access.h"

#include <boost/json/object.hpp>
#include <charconv>
#include <chrono>

namespace ecokube::kubernetes {

using Path = std::initializer_list<std::string_view>;

core::Labels find_labels(const boost::json::object& object, Path path) {
  core::Labels labels;
  for (const auto& [key, value] : find_object(object, path)) {
    if (const auto* text = value.if_string()) {
      labels.emplace(std::string_view(key), std::string_view(*text));
    }
  }
  return labels;
}

TimePoint find_time(const boost::json::object& object, Path path) {
  const auto text = find_text(object, path);
  const auto part = [&](std::size_t at, std::size_t length) {
    int value = 0;
    if (at + length <= text.size()) {
      std::from_chars(text.data() + at, text.data() + at + length, value);
    }
    return value;
  };
  using namespace std::chrono;
  const year_month_day date{year{part(0, 4)}, month{static_cast<unsigned>(part(5, 2))},
                            day{static_cast<unsigned>(part(8, 2))}};
  if (!date.ok()) return {};
  const auto at = sys_days(date).time_since_epoch() + hours(part(11, 2)) + minutes(part(14, 2)) +
                  seconds(part(17, 2));
  return TimePoint(duration_cast<Duration>(at));
}

core::Revision revision_of(const boost::json::object& object) {
  const auto text = find_text(object, {"metadata", "resourceVersion"});
  core::Revision revision = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), revision);
  return error == std::errc{} && end == text.data() + text.size() ? revision : 0;
}

std::string_view annotation_of(const boost::json::object& object, std::string_view key) {
  return find_text(object, {"metadata", "annotations", key});
}

}  // namespace ecokube::kubernetes
