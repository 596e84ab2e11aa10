#pragma once

#include <string>
#include <vector>

#include "coordinator/core/drawn_power.h"
#include "coordinator/core/power.h"
#include "coordinator/core/safety.h"
#include "coordinator/fleet.h"

namespace ecokube {

/// The newest plan's want of a node, or nullptr before it was planned.
[[nodiscard]] const core::NodeWant* want_of(const core::Plan& plan, const NodeName& name);

[[nodiscard]] core::PowerView power_of(const Fleet& fleet, const core::Node& node);
[[nodiscard]] core::DrawnPower drawn_of(const Fleet& fleet, const core::Node& node);
[[nodiscard]] core::Lifecycle state_of(const Fleet& fleet, const core::Node& node);

/// "root: disk swap", or empty when the node is not held now.
[[nodiscard]] std::string hold_of(const Fleet& fleet, const core::Node& node);

/// The standing reasons against taking the node away; none when it is off or on its way there.
[[nodiscard]] std::vector<core::Violation> blockers_of(const Fleet& fleet, const core::Node& node);

/// One sentence: what would bring the node out of the state it is in.
[[nodiscard]] std::string what_would_change(const Fleet& fleet, const core::Node& node);

/// What a person's request leads to, in one sentence.
struct Forecast {
  enum class When {
    now,
    later,  ///< when its blockers are gone
    never,  ///< not while things are as they are: such a request is refused
  };
  When when = When::now;
  std::string text;
  std::vector<core::Violation> blockers;
};
[[nodiscard]] Forecast forecast(const Fleet& fleet, const core::Node& node,
                                const core::PersonAsked& asked);

/// "NotEmpty: two pods run here; ...": the texts of what blocks.
[[nodiscard]] std::string text_of(const std::vector<core::Violation>& blockers);

}  // namespace ecokube
