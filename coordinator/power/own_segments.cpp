#include "coordinator/power/own_segments.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <cstring>
#include <memory>

#include "common/ipv4_subnet.h"
#include "coordinator/core/identity.h"

namespace ecokube {
namespace {

std::uint32_t ipv4_of(const sockaddr* address) {
  sockaddr_in in{};
  std::memcpy(&in, address, sizeof in);
  return ntohl(in.sin_addr.s_addr);
}

}  // namespace

std::set<core::Segment> own_segments() {
  std::set<core::Segment> segments;
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return segments;
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> all(first, &::freeifaddrs);
  for (const auto* at = first; at != nullptr; at = at->ifa_next) {
    if (at->ifa_addr == nullptr || at->ifa_netmask == nullptr) continue;
    if (at->ifa_addr->sa_family != AF_INET || (at->ifa_flags & IFF_UP) == 0) continue;
    const auto prefix = Ipv4Subnet::prefix_of_mask(ipv4_of(at->ifa_netmask));
    if (!prefix) continue;
    const auto segment = core::segment_of(Ipv4Subnet{ipv4_of(at->ifa_addr), *prefix});
    if (segment) segments.insert(*segment);
  }
  return segments;
}

}  // namespace ecokube
