#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>

namespace ecokube {

/// Of a stored document: an absent key is empty, a wrong type throws.
[[nodiscard]] inline std::string text_field(const boost::json::object& from, std::string_view key) {
  const auto* value = from.if_contains(key);
  return value != nullptr ? std::string(value->as_string()) : std::string();
}

}  // namespace ecokube
