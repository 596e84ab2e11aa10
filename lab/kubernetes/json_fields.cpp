#include "lab/kubernetes/json_fields.h"

namespace ecokube::lab {

const json::value* find_field(const json::object& object,
                              std::initializer_list<std::string_view> path) {
  const json::object* at = &object;
  const json::value* found = nullptr;
  for (const auto key : path) {
    if (at == nullptr) return nullptr;
    found = at->if_contains(key);
    if (found == nullptr) return nullptr;
    at = found->if_object();
  }
  return found;
}

std::string text_field(const json::object& object, std::initializer_list<std::string_view> path) {
  const auto* found = find_field(object, path);
  if (found == nullptr || !found->is_string()) return {};
  return std::string(found->as_string());
}

std::int64_t number_field(const json::object& object, std::initializer_list<std::string_view> path,
                          std::int64_t fallback) {
  const auto* found = find_field(object, path);
  if (found == nullptr || !found->is_number()) return fallback;
  return found->to_number<std::int64_t>();
}

json::object& object_at(json::object& object, std::string_view key) {
  auto& value = object[key];
  if (!value.is_object()) value = json::object{};
  return value.as_object();
}

const json::array& array_field(const json::object& object,
                               std::initializer_list<std::string_view> path) {
  static const json::array kNone;
  const auto* found = find_field(object, path);
  return found != nullptr && found->is_array() ? found->as_array() : kNone;
}

}  // namespace ecokube::lab
