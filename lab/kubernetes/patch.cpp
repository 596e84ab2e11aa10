#include "lab/kubernetes/patch.h"

#include <algorithm>
#include <array>
#include <utility>

namespace ecokube::lab {
namespace {

constexpr std::string_view kDirective = "$patch";

std::string_view merge_key(std::string_view field) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kKeys{{
      {"conditions", "type"},
      {"addresses", "type"},
      {"ownerReferences", "uid"},
      {"containers", "name"},
      {"initContainers", "name"},
      {"env", "name"},
      {"volumes", "name"},
  }};
  for (const auto& [name, key] : kKeys) {
    if (name == field) return key;
  }
  return {};
}

json::value* find_element(json::array& list, std::string_view key, const json::object& like) {
  const auto* wanted = like.if_contains(key);
  if (wanted == nullptr) return nullptr;
  for (auto& element : list) {
    const auto* fields = element.if_object();
    const auto* value = fields != nullptr ? fields->if_contains(key) : nullptr;
    if (value != nullptr && *value == *wanted) return &element;
  }
  return nullptr;
}

json::array merge_list(json::array target, const json::array& patch, std::string_view key) {
  for (const auto& element : patch) {
    const auto* fields = element.if_object();
    if (fields == nullptr) continue;
    auto* present = find_element(target, key, *fields);
    const auto* directive = fields->if_contains(kDirective);
    if (directive != nullptr && *directive == "delete") {
      if (present != nullptr) target.erase(target.begin() + (present - target.data()));
    } else if (present != nullptr) {
      *present = strategic_merge_patch(std::move(*present), element);
    } else {
      target.push_back(strategic_merge_patch(json::object{}, element));
    }
  }
  return target;
}

json::array unite(json::array target, const json::array& patch) {
  for (const auto& element : patch) {
    if (std::ranges::find(target, element) == target.end()) target.push_back(element);
  }
  return target;
}

json::value merge_member(std::string_view field, json::value present, const json::value& patch) {
  const auto* list = patch.if_array();
  if (list == nullptr) return strategic_merge_patch(std::move(present), patch);
  auto base = present.is_array() ? std::move(present.as_array()) : json::array{};
  if (field == "finalizers") return unite(std::move(base), *list);
  const auto key = merge_key(field);
  return key.empty() ? *list : merge_list(std::move(base), *list, key);
}

}  // namespace

json::value merge_patch(json::value target, const json::value& patch) {
  const auto* fields = patch.if_object();
  if (fields == nullptr) return patch;
  if (!target.is_object()) target = json::object{};
  auto& object = target.as_object();
  for (const auto& [key, value] : *fields) {
    if (value.is_null()) {
      object.erase(key);
    } else {
      json::value present;
      if (auto* found = object.if_contains(key)) present = std::move(*found);
      object[key] = merge_patch(std::move(present), value);
    }
  }
  return target;
}

json::value strategic_merge_patch(json::value target, const json::value& patch) {
  const auto* fields = patch.if_object();
  if (fields == nullptr) return patch;
  const auto* directive = fields->if_contains(kDirective);
  if (!target.is_object() || (directive != nullptr && *directive == "replace")) {
    target = json::object{};
  }
  auto& object = target.as_object();
  for (const auto& [key, value] : *fields) {
    if (key.starts_with('$')) continue;
    if (value.is_null()) {
      object.erase(key);
      continue;
    }
    json::value present;
    if (auto* found = object.if_contains(key)) present = std::move(*found);
    object[key] = merge_member(key, std::move(present), value);
  }
  return target;
}

}  // namespace ecokube::lab
