#include "node-agent/sensors/segments.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <utility>

namespace ecokube::agent {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kAddressesMax = 256;
constexpr std::size_t kSubnetsMax = 8;

std::optional<std::uint32_t> ipv4_of(const sockaddr& address) {
  if (address.sa_family != AF_INET) return std::nullopt;
  sockaddr_in ipv4{};
  std::memcpy(&ipv4, &address, sizeof ipv4);
  return ntohl(ipv4.sin_addr.s_addr);
}

/// netdevice(7): with the address given too, it is that address's mask and not the first one's.
std::optional<Ipv4Subnet> subnet_of(int socket, ifreq request) {
  const auto address = ipv4_of(request.ifr_addr);
  if (!address || ::ioctl(socket, SIOCGIFNETMASK, &request) != 0) return std::nullopt;
  sockaddr_in mask{};
  std::memcpy(&mask, &request.ifr_netmask, sizeof mask);
  const auto prefix = Ipv4Subnet::prefix_of_mask(ntohl(mask.sin_addr.s_addr));
  if (!prefix) return std::nullopt;
  return Ipv4Subnet{*address, *prefix};
}

/// A bridge in a bond, say: the addresses are those of the last one.
std::string top_master(const fs::path& classes, std::string name) {
  constexpr int kMastersMax = 4;
  for (int i = 0; i < kMastersMax; ++i) {
    std::error_code none;
    const auto master = fs::read_symlink(classes / name / "master", none);
    if (none) break;
    name = master.filename().string();
  }
  return name;
}

bool is_this_machine(const MachineRoots& roots) { return roots.sysfs == MachineRoots{}.sysfs; }

void add_name(std::vector<std::string>& names, const std::string& name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

std::vector<InterfaceAddress> addresses_of(const MachineRoots& roots) {
  if (!is_this_machine(roots)) return {};
  return read_interface_addresses();
}

std::vector<Nic> read_nics_on(const MachineRoots& roots, const std::vector<Ipv4Subnet>& given,
                              const std::vector<InterfaceAddress>& addresses) {
  auto nics = read_nics(roots);
  if (given.empty()) {
    add_subnets(nics, roots, addresses);
  } else {
    for (auto& nic : nics) nic.subnets = given;
  }
  return nics;
}

}  // namespace

// Not by getifaddrs(3): that needs AF_NETLINK, which the agent's unit does not allow.
std::vector<InterfaceAddress> read_interface_addresses() {
  std::vector<InterfaceAddress> addresses;
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return addresses;
  std::array<ifreq, kAddressesMax> requests{};
  ifconf list{};
  list.ifc_len = sizeof requests;
  list.ifc_req = requests.data();
  if (::ioctl(socket, SIOCGIFCONF, &list) == 0) {
    const auto count = static_cast<std::size_t>(list.ifc_len) / sizeof(ifreq);
    for (std::size_t i = 0; i < std::min(count, kAddressesMax); ++i) {
      const auto subnet = subnet_of(socket, requests[i]);
      if (!subnet) continue;
      const std::string label(requests[i].ifr_name, ::strnlen(requests[i].ifr_name, IFNAMSIZ));
      // "eth0:1" is another address of eth0.
      addresses.push_back({label.substr(0, label.find(':')), *subnet});
    }
  }
  ::close(socket);
  return addresses;
}

void add_subnets(std::vector<Nic>& nics, const MachineRoots& roots,
                 const std::vector<InterfaceAddress>& addresses) {
  const auto classes = roots.sysfs / "class/net";
  for (auto& nic : nics) {
    const auto carrier = top_master(classes, nic.name);
    for (const auto& address : addresses) {
      if (address.interface != carrier || nic.subnets.size() >= kSubnetsMax) continue;
      nic.subnets.push_back(address.subnet);
    }
  }
}

std::vector<Nic> read_nics_on_segments(const MachineRoots& roots,
                                       const std::vector<Ipv4Subnet>& given) {
  if (!given.empty()) return read_nics_on(roots, given, {});
  return read_nics_on(roots, given, addresses_of(roots));
}

Network read_network(const MachineRoots& roots, const std::vector<Ipv4Subnet>& given) {
  auto addresses = addresses_of(roots);
  auto nics = read_nics_on(roots, given, addresses);
  return {std::move(nics), std::move(addresses)};
}

SegmentInterfaces interfaces_on(const std::vector<Nic>& nics,
                                const std::vector<InterfaceAddress>& addresses,
                                std::uint32_t broadcast) {
  SegmentInterfaces found;
  for (const auto& address : addresses) {
    if (address.subnet.is_broadcast(broadcast)) add_name(found.addressed, address.interface);
  }
  found.all = found.addressed;
  if (!found.all.empty()) return found;
  for (const auto& nic : nics) {
    const auto& subnets = nic.subnets;
    const bool here = std::any_of(subnets.begin(), subnets.end(), [&](const auto& subnet) {
      return subnet.is_broadcast(broadcast);
    });
    if (here) add_name(found.all, nic.name);
  }
  return found;
}

}  // namespace ecokube::agent
