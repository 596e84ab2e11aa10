#include "lab/witness/last_seen.h"

#include <utility>
#include <vector>

#include "coordinator/kubernetes/json_access.h"

namespace ecokube::lab {

using kubernetes::find_text;

ObjectKey LastSeen::key_of(const json::object& thing) const {
  return {collection_, std::string(find_text(thing, {"metadata", "namespace"})),
          std::string(find_text(thing, {"metadata", "name"}))};
}

void LastSeen::item(const json::object& thing) {
  const auto key = key_of(thing);
  listed_.insert(key);
  put(key, thing);
}

void LastSeen::listed() {
  std::vector<std::pair<ObjectKey, ObjectPtr>> gone;
  for (const auto& known : objects_) {
    if (!listed_.contains(known.first)) gone.emplace_back(known);
  }
  for (auto& [key, last] : gone) erase(key, std::move(last));
  listed_.clear();
}

void LastSeen::changed(kubernetes::ChangeType type, const json::object& thing) {
  const auto key = key_of(thing);
  if (type != kubernetes::ChangeType::deleted) return put(key, thing);
  if (objects_.contains(key)) erase(key, std::make_shared<const json::object>(thing));
}

void LastSeen::put(const ObjectKey& key, const json::object& thing) {
  const auto uid = find_text(thing, {"metadata", "uid"});
  if (const auto known = objects_.find(key); known != objects_.end()) {
    // Nobody told that the old one went: it was while nobody watched.
    if (find_text(*known->second, {"metadata", "uid"}) != uid) erase(key, known->second);
  }
  auto& slot = objects_[key];
  auto now = std::make_shared<const json::object>(thing);
  const auto type = slot ? StoreEvent::Type::modified : StoreEvent::Type::added;
  auto before = std::exchange(slot, now);
  const auto revision = static_cast<std::uint64_t>(kubernetes::revision_of(thing));
  if (before && kubernetes::revision_of(*before) == kubernetes::revision_of(thing)) return;
  sink_({revision, type, key, std::move(now), std::move(before)});
}

void LastSeen::erase(const ObjectKey& key, ObjectPtr last) {
  auto before = std::exchange(objects_[key], nullptr);
  objects_.erase(key);
  const auto revision = static_cast<std::uint64_t>(kubernetes::revision_of(*last));
  sink_({revision, StoreEvent::Type::deleted, key, std::move(last), std::move(before)});
}

}  // namespace ecokube::lab
