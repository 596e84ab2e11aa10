#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "common/ipv4_subnet.h"
#include "coordinator/core/policy.h"

namespace ecokube {

/// The IPv4 segments that this host's interfaces which are up are on, by getifaddrs(3): where a
/// broadcast of its own is heard. What can't be read is not there.
[[nodiscard]] std::set<core::Segment> own_segments();

/// An IPv4 address of this host, of an interface that is up.
struct OwnAddress {
  std::string interface;
  Ipv4Subnet subnet;
  bool loopback = false;
  bool operator==(const OwnAddress&) const = default;
};
[[nodiscard]] std::vector<OwnAddress> own_addresses();

/// By which interfaces a magic packet for an address leaves this host.
struct Egress {
  std::vector<std::string> udp;  ///< those that it is a broadcast of; empty: as the routes say
  std::vector<std::string> raw;  ///< those on whose segment it is, but the loopback
  bool operator==(const Egress&) const = default;
};
/// `to` in host byte order; 255.255.255.255 is a broadcast of all but the loopback.
[[nodiscard]] Egress egress_to(const std::vector<OwnAddress>& own, std::uint32_t to);

}  // namespace ecokube
