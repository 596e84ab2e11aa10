#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lab/kubernetes/json_fields.h"

namespace ecokube::lab {

/// Stored objects never change; a write stores a new one.
using ObjectPtr = std::shared_ptr<const json::object>;

struct ObjectKey {
  std::string collection;  ///< "v1/pods"
  std::string name_space;
  std::string name;
  auto operator<=>(const ObjectKey&) const = default;
};

struct StoreEvent {
  enum class Type { added, modified, deleted };
  std::uint64_t revision;
  Type type;
  ObjectKey key;
  ObjectPtr object;    ///< as of `revision`; of a deletion, the last state with that revision
  ObjectPtr previous;  ///< nullptr when added
};

/// All objects of all kinds, one revision counter and a ring of the last changes, like etcd with
/// the API server's watch cache. Knows no Kubernetes rules but metadata.resourceVersion.
class Store {
 public:
  explicit Store(std::size_t events_max) : events_max_(events_max) {}

  [[nodiscard]] std::uint64_t revision() const { return revision_; }
  [[nodiscard]] ObjectPtr get(const ObjectKey& key) const;
  /// In the order of their keys; an empty namespace is all of them.
  [[nodiscard]] std::vector<ObjectPtr> list(const std::string& collection,
                                            const std::string& name_space) const;

  /// Adds or replaces; the stored object carries the new resourceVersion.
  ObjectPtr put(const ObjectKey& key, json::object object);
  /// Returns the last state with the revision of its deletion; nullptr when there is none.
  ObjectPtr erase(const ObjectKey& key);

  /// False when changes after `revision` have been forgotten.
  [[nodiscard]] bool can_resume(std::uint64_t revision) const { return revision >= forgotten_; }
  [[nodiscard]] std::uint64_t oldest_revision() const { return forgotten_ + 1; }
  [[nodiscard]] std::vector<StoreEvent> events_after(std::uint64_t revision) const;
  /// Forgets all changes, as etcd's compaction does.
  void compact();

  /// Called at each commit, in order, before the write is answered.
  using Listener = std::function<void(const StoreEvent&)>;
  void add_listener(Listener listener) { listeners_.push_back(std::move(listener)); }

 private:
  void commit(StoreEvent event);

  std::size_t events_max_;
  std::uint64_t revision_ = 1;
  std::uint64_t forgotten_ = 0;  // the newest revision whose change is no longer in the ring
  std::map<ObjectKey, ObjectPtr> objects_;
  std::deque<StoreEvent> events_;
  std::vector<Listener> listeners_;
};

}  // namespace ecokube::lab
