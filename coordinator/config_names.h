#pragma once

#include <set>
#include <string>
#include <string_view>

#include "common/config_file.h"

// Names that may stand in coordinator.toml but once.
namespace ecokube {

/// Reports `name` where `before`, a set or a map by name, has it already.
template <class Names>
void refuse_second(ConfigTable& table, std::string_view key, const std::string& name,
                   const Names& before) {
  if (before.contains(name)) table.report(key, "the name " + name + " stands twice");
}

/// Reports each name that an earlier one of `items` has too.
template <class Items>
void refuse_twice(ConfigTable& root, std::string_view key, const Items& items) {
  std::set<std::string> names;
  for (const auto& item : items) {
    refuse_second(root, key, item.name, names);
    names.insert(item.name);
  }
}

}  // namespace ecokube
