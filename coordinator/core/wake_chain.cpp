#include "coordinator/core/wake_chain.h"

#include <algorithm>
#include <functional>

#include "coordinator/core/power.h"
#include "coordinator/core/quantile.h"
#include "coordinator/core/sleep_mode.h"

namespace ecokube::core {
namespace {

constexpr std::size_t kBootsToLearnFrom = 3;
constexpr Duration kLearnedMin{std::chrono::seconds(10)};

std::optional<Duration> learned(const Node& node) {
  if (node.boot_times.size() < kBootsToLearnFrom) return std::nullopt;
  const auto p95 = *quantile(node.boot_times, 95);
  return std::max(kLearnedMin, p95 + p95 / 2);
}

/// Of the NIC that most likely hears a packet: an armed one, with a link.
std::optional<Ipv4Subnet> segment_to_wake_on(const Inventory& inventory) {
  std::optional<Ipv4Subnet> best;
  int best_rank = -1;
  for (const auto& nic : inventory.nics) {
    const auto subnet = std::find_if(nic.subnets.begin(), nic.subnets.end(),
                                     std::mem_fn(&Ipv4Subnet::has_broadcast));
    const int rank = (nic.wake_armed ? 2 : 0) + (nic.link_up ? 1 : 0);
    if (subnet == nic.subnets.end() || rank <= best_rank) continue;
    best = *subnet;
    best_rank = rank;
  }
  return best;
}

std::vector<WakeMethod> configured(const Policy& policy, const NodeName& name) {
  const auto* given = override_of(policy, name);
  if (given != nullptr && !given->methods.empty()) return given->methods;
  if (has_bmc(policy, name)) return {WakeMethod::wol, given->bmc_by};
  return {WakeMethod::wol};
}

}  // namespace

std::string wake_address_of(const Node& node, const Policy& policy) {
  const auto* given = override_of(policy, node.name);
  if (given != nullptr && !given->wake_address.empty()) return given->wake_address;
  if (!node.inventory.wake_address.empty()) return node.inventory.wake_address;
  const auto segment = segment_to_wake_on(node.inventory);
  if (!segment) return {};
  return broadcast_address(*segment);
}

std::string broadcast_address(const Ipv4Subnet& segment) {
  return ipv4_text(segment.broadcast()) + ":" + std::to_string(kWakePort);
}

std::vector<WakeMethod> wake_methods(const Node& node, const Policy& policy) {
  auto methods = configured(policy, node.name);
  if (!has_bmc(policy, node.name) || bmc_identity(node, policy) == BmcIdentity::wrong) {
    std::erase_if(methods, by_bmc);
  }
  // No BMC wakes what is on to it.
  const bool by_packet =
      std::find(methods.begin(), methods.end(), WakeMethod::wol) != methods.end();
  if (is_suspended(node) && !by_packet) methods.insert(methods.begin(), WakeMethod::wol);
  const auto& nics = node.inventory.nics;
  const bool armed = std::any_of(nics.begin(), nics.end(), std::mem_fn(&NicFacts::wake_armed));
  // A card that was not armed most likely hears nothing: it is tried only where all else is
  // missing.
  const bool deaf = nics.empty() || (!armed && methods != std::vector{WakeMethod::wol});
  if (deaf || wake_address_of(node, policy).empty()) std::erase(methods, WakeMethod::wol);
  return methods;
}

std::optional<WakeMethod> method_after(const Node& node, const Policy& policy, WakeMethod method) {
  const auto methods = wake_methods(node, policy);
  const auto at = std::find(methods.begin(), methods.end(), method);
  if (at == methods.end() || std::next(at) == methods.end()) return std::nullopt;
  return *std::next(at);
}

Duration method_timeout(const Node& node, const Policy& policy, WakeMethod method) {
  if (!method_after(node, policy, method)) return policy.wake_deadline;
  const auto time = policy.wake_method_timeout ? policy.wake_method_timeout : learned(node);
  return std::min(time.value_or(kWakeMethodTimeout), policy.wake_deadline);
}

WakeNode wake_order(const Node& node, const Policy& policy, WakeMethod method) {
  WakeNode order{"", {}, method};
  if (method != WakeMethod::wol) return order;
  order.address = wake_address_of(node, policy);
  order.raw = policy.raw_wake;
  const auto* given = override_of(policy, node.name);
  if (given != nullptr) order.secure_on_file = given->secure_on_file;
  for (const auto& nic : node.inventory.nics) {
    if (nic.wake_armed) order.macs.push_back(nic.mac.text());
  }
  if (order.macs.empty()) {
    for (const auto& nic : node.inventory.nics) order.macs.push_back(nic.mac.text());
  }
  return order;
}

std::optional<TimePoint> promised_until(const Node& node, const Policy& policy) {
  if (!node.up.asked_at) return node.since + policy.wake_deadline;
  if (node.up.late) return std::nullopt;
  if (node.up.boot_proven) return *node.up.asked_at + policy.wake_deadline;
  return *node.up.asked_at + method_timeout(node, policy, node.up.method);
}

}  // namespace ecokube::core
