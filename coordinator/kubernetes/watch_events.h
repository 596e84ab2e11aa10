#pragma once

#include <boost/json/object.hpp>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "common/error.h"
#include "coordinator/core/cluster_facts.h"

namespace ecokube::kubernetes {

enum class ChangeType { added, modified, deleted };

/// Cuts the bytes of a watch into its events and keeps the revision to resume from. No I/O.
class WatchDecoder {
 public:
  /// Called in the order of the events.
  struct Sink {
    std::function<void(ChangeType, const boost::json::object&)> changed;
    std::function<void(core::Revision)> bookmark;
  };

  WatchDecoder(Sink sink, core::Revision from) : sink_(std::move(sink)), revision_(from) {}

  /// Errc::gone when the server says that the revision is too old, protocol for what is no watch
  /// event, too_large for a line above the limit; the watch is then useless. Events before the
  /// failure were delivered.
  [[nodiscard]] Result<void> feed(std::string_view bytes);

  /// Of the last event or bookmark.
  [[nodiscard]] core::Revision revision() const { return revision_; }
  [[nodiscard]] std::size_t events() const { return events_; }

 private:
  [[nodiscard]] Result<void> take(std::string_view line);

  Sink sink_;
  core::Revision revision_;
  std::size_t events_ = 0;
  std::string partial_;
};

}  // namespace ecokube::kubernetes
