#pragma once

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

}  // namespace ecokube::agent
