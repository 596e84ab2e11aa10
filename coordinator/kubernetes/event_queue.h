#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>

#include "coordinator/kubernetes/object_events.h"

namespace ecokube::kubernetes {

/// Events that wait to be written, in their order; one that says what another waiting one says only
/// counts that up. No I/O.
class EventQueue {
 public:
  struct Waiting {
    ObjectEvent event;
    std::int64_t times = 1;
  };
  /// It holds no more than `max` that differ.
  explicit EventQueue(std::size_t max) : max_(max) {}
  /// False: it is full, and the event is lost.
  [[nodiscard]] bool push(ObjectEvent event);
  [[nodiscard]] std::optional<Waiting> pop();
  void clear();

 private:
  std::size_t max_;
  std::list<Waiting> waiting_;
  std::unordered_map<std::string, std::list<Waiting>::iterator> by_key_;
};

}  // namespace ecokube::kubernetes
