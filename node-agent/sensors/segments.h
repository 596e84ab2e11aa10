#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "node-agent/sensors/machine.h"

namespace ecokube::agent {

/// An IPv4 address of an interface.
struct InterfaceAddress {
  std::string interface;
  Ipv4Subnet subnet;
  bool operator==(const InterfaceAddress&) const = default;
};

/// Of this network namespace, in the kernel's order; empty where there are none, or it does not
/// tell. Needs no right.
[[nodiscard]] std::vector<InterfaceAddress> read_interface_addresses();

/// Gives each NIC the subnets of its interface, or of the bridge or bond that it is a port of, at
/// most eight.
void add_subnets(std::vector<Nic>& nics, const MachineRoots& roots,
                 const std::vector<InterfaceAddress>& addresses);

/// The NICs with the segments that they are on: `given` for each of them, as configured, or if that
/// is empty what the interfaces say. Another machine's tree has none of our interfaces.
[[nodiscard]] std::vector<Nic> read_nics_on_segments(const MachineRoots& roots,
                                                     const std::vector<Ipv4Subnet>& given);

/// One look at this machine's network.
struct Network {
  std::vector<Nic> nics;  ///< as read_nics_on_segments() gives them
  std::vector<InterfaceAddress> addresses;
};
[[nodiscard]] Network read_network(const MachineRoots& roots, const std::vector<Ipv4Subnet>& given);

/// Where the broadcast of a segment goes out; names of interfaces.
struct SegmentInterfaces {
  std::vector<std::string> addressed;  ///< with an address on it, as a datagram needs one
  std::vector<std::string> all;        ///< these, or else the NICs that are said to be on it
  bool operator==(const SegmentInterfaces&) const = default;
};
/// `broadcast` in host byte order.
[[nodiscard]] SegmentInterfaces interfaces_on(const std::vector<Nic>& nics,
                                              const std::vector<InterfaceAddress>& addresses,
                                              std::uint32_t broadcast);

}  // namespace ecokube::agent
