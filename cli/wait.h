#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "cli/command.h"

namespace ecokube::cli {

/// Where a request stands, by two explanations of the node.
struct Progress {
  enum class State { under_way, done, failed };
  State state = State::under_way;
  std::string text;
  bool operator==(const Progress&) const = default;
};

/// `before` was read before it was asked for, at `asked_at_ms` by the coordinator's clock.
[[nodiscard]] Progress progress_of(Verb verb, std::int64_t asked_at_ms,
                                   const boost::json::object& before,
                                   const boost::json::object& now);

/// The nodes of a pool that are not up or still bear our mark, with their states, of the API's list
/// of nodes: "worker1 (PoweringUp), worker2 (Quarantined)".
[[nodiscard]] std::string not_back(const boost::json::object& nodes);

}  // namespace ecokube::cli
