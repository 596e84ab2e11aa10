#include "lab/real/vm/wire.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "lab/real/host/host_command.h"

namespace ecokube::lab {

// Our card is one end of a pair: a bridge without a port that has a carrier sends nothing, and the
// port of a machine that is off has none.
Result<void> enter_wire() {
  if (::unshare(CLONE_NEWNET) != 0) {
    return fail(Errc::io, std::string("making a network namespace: ") + std::strerror(errno) +
                              "; the virtual machine's tests need root");
  }
  return run_on_host(fmt::format(
      "ip link set lo up && "
      "ip link add {0} type bridge forward_delay 0 stp_state 0 mcast_snooping 0 && "
      "ip link set {0} up && ip link add host0 type veth peer name port0 && "
      "ip link set port0 master {0} up && ip address add {1}/24 broadcast {2} dev host0 && "
      "ip link set host0 up",
      Wire::kSwitch, Wire::kOurAddress, Wire::kBroadcast));
}

Result<void> add_machine_port(const std::string& tap) {
  return run_on_host(fmt::format("ip tuntap add {0} mode tap && ip link set {0} master {1} up", tap,
                                 Wire::kSwitch));
}

Result<int> listen_on_switch() {
  const int fd = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_ALL));
  sockaddr_ll where{};
  where.sll_family = AF_PACKET;
  where.sll_protocol = htons(ETH_P_ALL);
  where.sll_ifindex = static_cast<int>(::if_nametoindex(Wire::kSwitch));
  // Also what is meant for others, as a card sees it.
  packet_mreq all{};
  all.mr_ifindex = where.sll_ifindex;
  all.mr_type = PACKET_MR_PROMISC;
  const auto* plain = reinterpret_cast<const sockaddr*>(&where);
  if (fd >= 0 && ::bind(fd, plain, sizeof where) == 0 &&
      ::setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof all) == 0) {
    return fd;
  }
  const int problem = errno;
  if (fd >= 0) ::close(fd);
  return fail(Errc::io, fmt::format("listening on {}: {}; was enter_wire() called?", Wire::kSwitch,
                                    std::strerror(problem)));
}

}  // namespace ecokube::lab
