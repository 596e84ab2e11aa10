#include "common/json_find.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace ecokube {

using Path = std::initializer_list<std::string_view>;

const boost::json::value* find(const boost::json::object& object, Path path) {
  const boost::json::object* here = &object;
  const boost::json::value* found = nullptr;
  for (const auto key : path) {
    if (here == nullptr) return nullptr;
    found = here->if_contains(key);
    if (found == nullptr) return nullptr;
    here = found->if_object();
  }
  return found;
}

const boost::json::object& find_object(const boost::json::object& object, Path path) {
  static const boost::json::object kNone;
  const auto* value = find(object, path);
  const auto* found = value != nullptr ? value->if_object() : nullptr;
  return found != nullptr ? *found : kNone;
}

const boost::json::array& find_array(const boost::json::object& object, Path path) {
  static const boost::json::array kNone;
  const auto* value = find(object, path);
  const auto* found = value != nullptr ? value->if_array() : nullptr;
  return found != nullptr ? *found : kNone;
}

std::string_view find_text(const boost::json::object& object, Path path) {
  const auto* value = find(object, path);
  const auto* found = value != nullptr ? value->if_string() : nullptr;
  return found != nullptr ? std::string_view(*found) : std::string_view();
}

bool find_bool(const boost::json::object& object, Path path) {
  const auto* value = find(object, path);
  const auto* found = value != nullptr ? value->if_bool() : nullptr;
  return found != nullptr && *found;
}

std::int64_t find_int(const boost::json::object& object, Path path, std::int64_t fallback) {
  const auto* value = find(object, path);
  const auto* found = value != nullptr ? value->if_int64() : nullptr;
  return found != nullptr ? *found : fallback;
}

}  // namespace ecokube
