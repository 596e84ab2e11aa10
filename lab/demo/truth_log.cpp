#include "lab/demo/truth_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <optional>
#include <utility>

namespace ecokube::lab {

namespace {

std::string to_text(const boost::json::string& text) { return {text.data(), text.size()}; }

std::optional<TruthEvent> parse_line(std::string_view line) {
  boost::json::error_code error;
  boost::json::value value = boost::json::parse({line.data(), line.size()}, error);
  if (error || !value.is_object()) return std::nullopt;
  boost::json::object& object = value.as_object();
  const auto* at = object.if_contains("at_ns");
  const auto* source = object.if_contains("source");
  const auto* event = object.if_contains("event");
  if (at == nullptr || !at->is_int64() || source == nullptr || !source->is_string() ||
      event == nullptr || !event->is_string()) {
    return std::nullopt;
  }
  TruthEvent parsed{.at_ns = at->as_int64(),
                    .source = to_text(source->as_string()),
                    .name = "",
                    .event = to_text(event->as_string()),
                    .fields = {}};
  if (const auto slash = parsed.source.find('/'); slash != std::string::npos) {
    parsed.name = parsed.source.substr(slash + 1);
    parsed.source.resize(slash);
  }
  parsed.fields = std::move(object);
  return parsed;
}

}  // namespace

std::string TruthEvent::text(std::string_view key) const {
  const auto* value = fields.if_contains({key.data(), key.size()});
  return value != nullptr && value->is_string() ? to_text(value->as_string()) : "";
}

double TruthEvent::number(std::string_view key) const {
  const auto* value = fields.if_contains({key.data(), key.size()});
  if (value == nullptr || !value->is_number()) return 0;
  return value->to_number<double>();
}

std::vector<std::string> TruthEvent::texts(std::string_view key) const {
  std::vector<std::string> out;
  const auto* value = fields.if_contains({key.data(), key.size()});
  if (value == nullptr || !value->is_array()) return out;
  for (const auto& element : value->as_array()) {
    if (element.is_string()) out.push_back(to_text(element.as_string()));
  }
  return out;
}

TruthLog parse_truth_log(std::string_view text) {
  TruthLog log;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty()) continue;
    if (auto event = parse_line(line)) {
      log.events.push_back(std::move(*event));
    } else {
      log.broken_lines.push_back(fmt::format("line {} of the truth log is not readable", number));
    }
  }
  // Processes stamp a line before they write it, so neighbours may have swapped places.
  std::ranges::stable_sort(log.events, {}, &TruthEvent::at_ns);
  return log;
}

}  // namespace ecokube::lab
