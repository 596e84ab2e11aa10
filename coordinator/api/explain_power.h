#pragma once

#include <optional>
#include <string>

#include "coordinator/fleet.h"

// What is said of a node's power, and of its way up and down.
namespace ecokube {

/// What is wrong with what its BMC says; empty: nothing, or it has none.
[[nodiscard]] std::string bmc_problem(const Fleet& fleet, const core::Node& node);

/// It is wanted on, and a limit, cap or quota keeps it waiting (S6).
[[nodiscard]] bool waits_for_turn(const core::NodeWant& want);

/// One sentence each: what would bring a node out of PoweringDown, PoweredDown and PoweringUp.
[[nodiscard]] std::string change_when_going_off(const Fleet& fleet, const core::Node& node);
[[nodiscard]] std::string change_when_off(const Fleet& fleet, const core::Node& node);
[[nodiscard]] std::string change_when_rising(const Fleet& fleet, const core::Node& node);

/// Why it can't be woken by anything; nullopt: it can.
[[nodiscard]] std::optional<std::string> why_not_wakeable(const Fleet& fleet,
                                                          const core::Node& node);
/// "A magic packet is sent now and every 2 s until it is up, for at most 3 min; then its BMC ..."
[[nodiscard]] std::string wake_forecast(const Fleet& fleet, const core::Node& node);

}  // namespace ecokube
