#include "lab/kubernetes/store.h"

#include <algorithm>

namespace ecokube::lab {

ObjectPtr Store::get(const ObjectKey& key) const {
  const auto found = objects_.find(key);
  return found == objects_.end() ? nullptr : found->second;
}

std::vector<ObjectPtr> Store::list(const std::string& collection,
                                   const std::string& name_space) const {
  std::vector<ObjectPtr> found;
  for (auto at = objects_.lower_bound({collection, name_space, ""});
       at != objects_.end() && at->first.collection == collection &&
       (name_space.empty() || at->first.name_space == name_space);
       ++at) {
    found.push_back(at->second);
  }
  return found;
}

ObjectPtr Store::put(const ObjectKey& key, json::object object) {
  ++revision_;
  object_at(object, "metadata")["resourceVersion"] = std::to_string(revision_);
  auto stored = std::make_shared<const json::object>(std::move(object));
  auto& slot = objects_[key];
  const auto type = slot ? StoreEvent::Type::modified : StoreEvent::Type::added;
  auto previous = std::exchange(slot, stored);
  commit({revision_, type, key, stored, std::move(previous)});
  return stored;
}

ObjectPtr Store::erase(const ObjectKey& key) {
  const auto found = objects_.find(key);
  if (found == objects_.end()) return nullptr;
  const ObjectPtr previous = found->second;
  objects_.erase(found);
  ++revision_;
  json::object last = *previous;
  object_at(last, "metadata")["resourceVersion"] = std::to_string(revision_);
  auto gone = std::make_shared<const json::object>(std::move(last));
  commit({revision_, StoreEvent::Type::deleted, key, gone, previous});
  return gone;
}

void Store::commit(StoreEvent event) {
  events_.push_back(event);
  while (events_.size() > events_max_) {
    forgotten_ = events_.front().revision;
    events_.pop_front();
  }
  for (const auto& listener : listeners_) listener(event);
}

std::vector<StoreEvent> Store::events_after(std::uint64_t revision) const {
  const auto first = std::ranges::upper_bound(events_, revision, {}, &StoreEvent::revision);
  return {first, events_.end()};
}

void Store::compact() {
  events_.clear();
  forgotten_ = revision_;
}

}  // namespace ecokube::lab
