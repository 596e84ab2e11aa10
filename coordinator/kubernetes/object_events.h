#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>

#include "common/names.h"
#include "common/policy_clock.h"
#include "coordinator/core/cluster_facts.h"

namespace ecokube::kubernetes {

/// The object that an Event is about.
struct EventSubject {
  std::string kind;
  std::string ns;  ///< empty: it has none
  std::string name;
  std::string uid;
  bool operator==(const EventSubject&) const = default;
};
/// kubectl finds a node's events by this uid, which kubelets write too: its name.
[[nodiscard]] EventSubject about_node(const NodeName& node);
[[nodiscard]] EventSubject about_pod(const core::PodRef& pod);

/// Something that `kubectl describe` shows.
struct ObjectEvent {
  EventSubject about;
  bool warning = false;
  std::string reason;   ///< one CamelCase word
  std::string message;  ///< one sentence
  bool operator==(const ObjectEvent&) const = default;
};

/// The same for events that say the same.
[[nodiscard]] std::string key_of(const ObjectEvent& event);

/// How an event is written: as a new object, or as a higher count of the one that says the same.
struct EventWrite {
  std::string ns;
  std::string name;
  bool create = true;
  boost::json::object body;  ///< an Event of v1, or a merge patch of one
};

/// Turns what is told into few objects: what repeats within ten minutes only counts up. No I/O.
class EventSeries {
 public:
  /// `reporter` is the coordinator's id.
  explicit EventSeries(std::string reporter) : reporter_(std::move(reporter)) {}
  /// It was told so many times since the last.
  [[nodiscard]] EventWrite next(const ObjectEvent& event, TimePoint now, std::int64_t times = 1);
  /// Its object is gone: the next like it is a new one.
  void forget(const std::string& name);

 private:
  struct Said {
    std::string key, name;
    std::int64_t count = 0;
    TimePoint last{};
  };
  static constexpr std::size_t kRememberedMax = 4096;

  std::string reporter_;
  std::uint64_t made_ = 0;
  std::list<Said> said_;  ///< the latest first
  std::unordered_map<std::string, std::list<Said>::iterator> by_key_;
};

}  // namespace ecokube::kubernetes
