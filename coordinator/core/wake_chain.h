#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "coordinator/core/policy.h"
#include "coordinator/core/step.h"
#include "coordinator/core/world.h"

// How a node is woken: its methods one after another, each for a time of its own (S7).
namespace ecokube::core {

inline constexpr std::uint16_t kWakePort = 9;  ///< UDP, where packets go by custom

/// What can be tried on it, in its order: a packet needs an address and a MAC, all others
/// a BMC.
[[nodiscard]] std::vector<WakeMethod> wake_methods(const Node& node, const Policy& policy);

/// What is tried after `method`; nullopt: it was the last.
[[nodiscard]] std::optional<WakeMethod> method_after(const Node& node, const Policy& policy,
                                                     WakeMethod method);

/// How long `method` is tried before the next: as configured, else learned from this node's boots
/// (their 95th percentile and half of it again). The last one has the whole wake deadline.
[[nodiscard]] Duration method_timeout(const Node& node, const Policy& policy, WakeMethod method);

/// The order by that method.
[[nodiscard]] WakeNode wake_order(const Node& node, const Policy& policy, WakeMethod method);

/// A wake under way, or a boot that nobody asked for, is capacity until then; nullopt: no more. The
/// method that it was promised by has its time, and no later one makes it a promise again.
[[nodiscard]] std::optional<TimePoint> promised_until(const Node& node, const Policy& policy);

/// "host:port" by which all of that segment hear a magic packet.
[[nodiscard]] std::string broadcast_address(const Ipv4Subnet& segment);

/// "host:port" for its magic packets: as configured here or on the node, else the broadcast address
/// of its segment; empty: not known.
[[nodiscard]] std::string wake_address_of(const Node& node, const Policy& policy);

}  // namespace ecokube::core
