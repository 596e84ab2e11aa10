#include "coordinator/core/relays.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "coordinator/core/identity.h"
#include "coordinator/core/lifecycle.h"
#include "coordinator/core/power.h"
#include "coordinator/core/wake_chain.h"

namespace ecokube::core {
namespace {

constexpr std::ptrdiff_t kRelaysOfASegment = 2;

/// As its own address has it: some networks let only one port through.
std::uint16_t port_of(std::string_view address) {
  const auto colon = address.rfind(':');
  if (colon == std::string_view::npos) return kWakePort;
  std::uint16_t port = 0;
  const auto digits = address.substr(colon + 1);
  const auto [end, error] = std::from_chars(digits.begin(), digits.end(), port);
  return error == std::errc{} && end == digits.end() && port != 0 ? port : kWakePort;
}

bool sends_now(const Node& node, const Policy& policy, TimePoint now) {
  return node.agent.relays && agent_alive(node, policy, now);
}

/// ... and will go on doing so, as far as is known.
bool stays(const Node& node, const Policy& policy, TimePoint now) {
  return node.state == Lifecycle::ready && !node.marked && sends_now(node, policy, now);
}

/// The first two of those on the segment for which that holds: as many as there must be.
template <class Holds>
std::vector<NodeName> two_of(const World& world, const Segment& segment, const Holds& holds) {
  std::vector<NodeName> found;
  const auto there = world.on_segment.find(segment);
  if (there == world.on_segment.end()) return found;
  for (const auto& name : there->second) {
    if (!holds(world.nodes.at(name))) continue;
    found.push_back(name);
    if (std::ssize(found) == kRelaysOfASegment) break;
  }
  return found;
}

std::ptrdiff_t relays_on(const World& world, const Policy& policy, const Segment& segment,
                         TimePoint now, const std::set<NodeName>& without) {
  return std::ssize(two_of(world, segment, [&](const Node& node) {
    return !without.contains(node.name) && stays(node, policy, now);
  }));
}

bool reached(const World& world, const Policy& policy, const Node& node, TimePoint now,
             const std::set<NodeName>& without) {
  const auto segments = segments_of(node.inventory);
  return std::any_of(segments.begin(), segments.end(), [&](const Segment& segment) {
    return relays_on(world, policy, segment, now, without) >= kRelaysOfASegment;
  });
}

/// It is a relay soon: it comes up, or its agent has not found its way to us yet.
bool comes(const Node& node) {
  const bool awake = node.kube && node.kube->ready == Readiness::ready && !node.agent.connected;
  return node.state == Lifecycle::powering_up || (node.state == Lifecycle::unknown && awake);
}

bool some_need_relay(const World& world, const Policy& policy, const std::set<NodeName>& names,
                     TimePoint now) {
  return std::any_of(names.begin(), names.end(), [&](const NodeName& name) {
    const Node& node = world.nodes.at(name);
    return is_away(node) && needs_relay(policy, node, now);
  });
}

std::string segment_text(const Segment& segment) {
  return ipv4_text(segment.first) + "/" + std::to_string(segment.second);
}

}  // namespace

std::vector<Relay> relays_for(const World& world, const Policy& policy, const Node& node,
                              const WakeNode& order, TimePoint now) {
  std::vector<Relay> relays;
  if (!policy.relay || order.method != WakeMethod::wol) return relays;
  const auto port = port_of(order.address);
  for (const auto& [network, prefix] : segments_of(node.inventory)) {
    const auto names = two_of(world, {network, prefix}, [&](const Node& other) {
      return other.name != node.name && sends_now(other, policy, now);
    });
    for (const auto& name : names) {
      relays.push_back({name, Ipv4Subnet{network, prefix}.broadcast(), port});
    }
  }
  return relays;
}

bool needs_relay(const Policy& policy, const Node& node, TimePoint now) {
  if (!policy.relay || !node.inventory.wake_address.empty()) return false;
  const auto* given = override_of(policy, node.name);
  if (given != nullptr && !given->wake_address.empty()) return false;
  const auto methods = wake_methods(node, policy);
  const bool by_other = std::any_of(methods.begin(), methods.end(), by_bmc);
  if (by_other && bmc_answers(node, policy, now)) return false;
  const auto segments = segments_of(node.inventory);
  return std::none_of(segments.begin(), segments.end(), [&](const Segment& segment) {
    return policy.own_segments.contains(segment);
  });
}

std::optional<Reason> last_relay(const World& world, const Policy& policy, const Node& node,
                                 TimePoint now, const std::set<NodeName>& going) {
  auto without = going;
  without.insert(node.name);
  const auto reason = [&](const Segment& segment, const std::string& whom) {
    return Reason{"LastRelay", "two awake agents of " + segment_text(segment) +
                                   " are kept on besides, to send the packets that wake " + whom};
  };
  for (const auto& segment : segments_of(node.inventory)) {
    if (policy.own_segments.contains(segment)) continue;
    if (relays_on(world, policy, segment, now, without) >= kRelaysOfASegment) continue;
    if (needs_relay(policy, node, now) && !reached(world, policy, node, now, without)) {
      return reason(segment, "it");
    }
    for (const auto& name : world.on_segment.at(segment)) {
      const Node& other = world.nodes.at(name);
      if (name == node.name || (!is_away(other) && !going.contains(name))) continue;
      if (!needs_relay(policy, other, now) || reached(world, policy, other, now, without)) continue;
      return reason(segment, name);
    }
  }
  return std::nullopt;
}

std::set<NodeName> sleepers_to_relay(const World& world, const Policy& policy, TimePoint now,
                                     const std::function<bool(const Node&)>& may) {
  std::set<NodeName> chosen;
  for (const auto& [segment, names] : world.on_segment) {
    if (policy.own_segments.contains(segment)) continue;
    const auto relays = relays_on(world, policy, segment, now, {});
    // With none nobody would hear: those would be woken in vain, and given up.
    if (relays == 0 || relays >= kRelaysOfASegment) continue;
    const bool helped = std::any_of(names.begin(), names.end(), [&](const NodeName& name) {
      return comes(world.nodes.at(name)) || chosen.contains(name);
    });
    if (helped || !some_need_relay(world, policy, names, now)) continue;
    const auto one = std::find_if(names.begin(), names.end(), [&](const NodeName& name) {
      const Node& node = world.nodes.at(name);
      return node.state == Lifecycle::powered_down && may(node);
    });
    if (one != names.end()) chosen.insert(*one);
  }
  return chosen;
}

void s3_relayed(const World& world, const Policy& policy, const Node& node, TimePoint now,
                std::vector<Violation>& out) {
  auto why = last_relay(world, policy, node, now);
  if (why) out.push_back({"S3", std::move(why->code), std::move(why->text)});
}

}  // namespace ecokube::core
