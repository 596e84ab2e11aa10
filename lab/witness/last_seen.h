#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>

#include "coordinator/kubernetes/watch_events.h"
#include "lab/kubernetes/store.h"

namespace ecokube::lab {

/// The objects of one collection as a client last saw them. Makes of what a list and a watch tell
/// the commits that the server must have made, each with the state before; what was missed between
/// two lists is made up for in one commit.
class LastSeen {
 public:
  using Sink = std::function<void(const StoreEvent&)>;
  LastSeen(std::string collection, Sink sink)
      : collection_(std::move(collection)), sink_(std::move(sink)) {}

  void list_begun() { listed_.clear(); }
  void item(const json::object& thing);
  void listed();
  void changed(kubernetes::ChangeType type, const json::object& thing);

 private:
  [[nodiscard]] ObjectKey key_of(const json::object& thing) const;
  void put(const ObjectKey& key, const json::object& thing);
  void erase(const ObjectKey& key, ObjectPtr last);

  std::string collection_;
  Sink sink_;
  std::map<ObjectKey, ObjectPtr> objects_;
  std::set<ObjectKey> listed_;
};

}  // namespace ecokube::lab
