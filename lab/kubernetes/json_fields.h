#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace ecokube::lab {

namespace json = boost::json;

/// The value at a path of keys; nullptr when any of it is missing.
[[nodiscard]] const json::value* find_field(const json::object& object,
                                            std::initializer_list<std::string_view> path);
/// Text at a path; empty when it is missing or no string.
[[nodiscard]] std::string text_field(const json::object& object,
                                     std::initializer_list<std::string_view> path);
/// Number at a path; `fallback` when it is missing or no number.
[[nodiscard]] std::int64_t number_field(const json::object& object,
                                        std::initializer_list<std::string_view> path,
                                        std::int64_t fallback);
/// The object at `key`, made when missing or not an object.
[[nodiscard]] json::object& object_at(json::object& object, std::string_view key);
/// The array at a path; empty when missing.
[[nodiscard]] const json::array& array_field(const json::object& object,
                                             std::initializer_list<std::string_view> path);

}  // namespace ecokube::lab
