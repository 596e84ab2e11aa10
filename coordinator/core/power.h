#pragma once

#include <string>

#include "coordinator/core/policy.h"
#include "coordinator/core/world.h"

// Whether a machine is on, from evidence alone: what its agent and its management controller (BMC)
// say, and where it has no BMC, its agent's goodbye and the silence after it.
namespace ecokube::core {

enum class PowerState { on, off, unknown };
[[nodiscard]] std::string_view to_string(PowerState power);

enum class PowerEvidence { none, agent, bmc, inferred };
[[nodiscard]] std::string_view to_string(PowerEvidence evidence);

struct PowerView {
  PowerState state = PowerState::unknown;
  PowerEvidence evidence = PowerEvidence::none;
  bool operator==(const PowerView&) const = default;
};

/// Never from what we ordered. An error, a contradiction or an old reading is unknown.
[[nodiscard]] PowerView power_at(const Node& node, const Policy& policy, TimePoint now);

/// "on", "on (BMC)", "off (BMC)", "off (inferred)", "unknown".
[[nodiscard]] std::string power_text(const PowerView& power);

/// A BMC of it is configured: then no silence stands for a power-off.
[[nodiscard]] bool has_bmc(const Policy& policy, const NodeName& name);

/// Its BMC's word of its power counts: not of what is suspended, which to it is on.
[[nodiscard]] bool bmc_tells_power(const Policy& policy, const Node& node);

/// Two readings of its BMC since its agent's last word say off, and the newest is not old: the only
/// proof that there is.
[[nodiscard]] bool off_proven(const Node& node, const Policy& policy, TimePoint now);

/// The same by a reading of this moment: what a machine that is off has, can be taken from it. Not
/// while it is being woken.
[[nodiscard]] bool off_now(const Node& node, const Policy& policy, TimePoint now);

/// Its BMC answered when it was last asked, not long ago.
[[nodiscard]] bool bmc_answers(const Node& node, const Policy& policy, TimePoint now);

/// Whether its BMC is of this machine (S19): by the GUID that was configured, else by the UUIDs
/// that its kubelet and its agent report, by all that are known; where neither knows one, wrong by
/// another GUID than the machine's own BMC gives in-band. unknown: one side does not say who it is.
enum class BmcIdentity { unknown, right, wrong };
[[nodiscard]] BmcIdentity bmc_identity(const Node& node, const Policy& policy);

/// Its BMC may be told to switch it off, as far as it is a question of whose it is.
[[nodiscard]] bool bmc_may_switch_off(const Node& node, const Policy& policy);

/// Its BMC says that it is on.
[[nodiscard]] bool bmc_says_on(const Node& node, const Policy& policy, TimePoint now);

}  // namespace ecokube::core
