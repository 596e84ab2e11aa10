#include "coordinator/power/own_segments.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "coordinator/core/identity.h"

namespace ecokube {
namespace {

std::uint32_t ipv4_of(const sockaddr* address) {
  sockaddr_in in{};
  std::memcpy(&in, address, sizeof in);
  return ntohl(in.sin_addr.s_addr);
}

void add_name(std::vector<std::string>& names, const std::string& name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

}  // namespace

std::vector<OwnAddress> own_addresses() {
  std::vector<OwnAddress> addresses;
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return addresses;
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> all(first, &::freeifaddrs);
  for (const auto* at = first; at != nullptr; at = at->ifa_next) {
    if (at->ifa_addr == nullptr || at->ifa_netmask == nullptr) continue;
    if (at->ifa_addr->sa_family != AF_INET || (at->ifa_flags & IFF_UP) == 0) continue;
    const auto prefix = Ipv4Subnet::prefix_of_mask(ipv4_of(at->ifa_netmask));
    if (!prefix) continue;
    const std::string name(at->ifa_name);  // "eth0:1" is another address of eth0
    addresses.push_back({name.substr(0, name.find(':')),
                         {ipv4_of(at->ifa_addr), *prefix},
                         (at->ifa_flags & IFF_LOOPBACK) != 0});
  }
  return addresses;
}

std::set<core::Segment> own_segments() {
  std::set<core::Segment> segments;
  for (const auto& address : own_addresses()) {
    const auto segment = core::segment_of(address.subnet);
    if (segment) segments.insert(*segment);
  }
  return segments;
}

Egress egress_to(const std::vector<OwnAddress>& own, std::uint32_t to) {
  constexpr std::uint32_t kEverybody = 0xffffffff;
  Egress egress;
  for (const auto& [interface, subnet, loopback] : own) {
    if (!subnet.has_broadcast() || (to == kEverybody && loopback)) continue;
    const bool broadcast = to == kEverybody || subnet.broadcast() == to;
    if (broadcast) add_name(egress.udp, interface);
    const bool here = broadcast || subnet.same_segment({to, subnet.prefix});
    if (here && !loopback) add_name(egress.raw, interface);
  }
  return egress;
}

}  // namespace ecokube
