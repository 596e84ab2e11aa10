#include <fmt/format.h>

#include <boost/json.hpp>
#include <utility>

#include "cli/views.h"

namespace ecokube::cli {
namespace {

namespace json = boost::json;

void write_pretty(std::string& out, const json::value& value, std::size_t depth) {
  const std::string inner(2 * (depth + 1), ' ');
  const std::string outer(2 * depth, ' ');
  bool first = true;
  if (value.is_object() && !value.get_object().empty()) {
    out += "{\n";
    for (const auto& [key, member] : value.get_object()) {
      if (!std::exchange(first, false)) out += ",\n";
      out += inner + json::serialize(key) + ": ";
      write_pretty(out, member, depth + 1);
    }
    out += "\n" + outer + "}";
  } else if (value.is_array() && !value.get_array().empty()) {
    out += "[\n";
    for (const auto& member : value.get_array()) {
      if (!std::exchange(first, false)) out += ",\n";
      out += inner;
      write_pretty(out, member, depth + 1);
    }
    out += "\n" + outer + "]";
  } else if (value.is_double()) {
    out += fmt::format("{}", value.get_double());
  } else {
    out += json::serialize(value);
  }
}

}  // namespace

std::string pretty(const json::value& value) {
  std::string out;
  write_pretty(out, value, 0);
  return out + "\n";
}

}  // namespace ecokube::cli
