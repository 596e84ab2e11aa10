#include "node-agent/helpers/raw_wake.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>

#include "common/magic_packet.h"

namespace ecokube::agent {
namespace {

std::unexpected<Error> failed(const std::string& what) {
  const auto code = errno == EPERM || errno == EACCES ? Errc::forbidden : Errc::io;
  return fail(code, what + ": " + std::strerror(errno));
}

/// Where the frame goes, if that is an interface which it can leave by.
Result<sockaddr_ll> broadcast_on(int socket, const std::string& interface) {
  ifreq request{};
  std::copy(interface.begin(), interface.end(), std::begin(request.ifr_name));
  if (::ioctl(socket, SIOCGIFINDEX, &request) != 0) {
    return fail(Errc::not_found, "there is no interface " + interface);
  }
  sockaddr_ll to{};
  to.sll_family = AF_PACKET;
  to.sll_protocol = htons(kWakeEtherType);
  to.sll_ifindex = request.ifr_ifindex;
  to.sll_halen = MacAddress::kBytes;
  std::fill_n(std::begin(to.sll_addr), MacAddress::kBytes, 0xFF);
  if (::ioctl(socket, SIOCGIFHWADDR, &request) != 0) return failed("asking for " + interface);
  if (request.ifr_hwaddr.sa_family != ARPHRD_ETHER) {
    return fail(Errc::invalid, interface + " is no Ethernet interface");
  }
  if (::ioctl(socket, SIOCGIFFLAGS, &request) != 0) return failed("asking for " + interface);
  if ((request.ifr_flags & IFF_UP) == 0) return fail(Errc::unreachable, interface + " is down");
  return to;
}

Result<void> send_on(int socket, const RawWakeQuestion& question) {
  const auto to = broadcast_on(socket, question.interface);
  if (!to) return std::unexpected(to.error());
  const auto packet = magic_packet(question.mac, question.secure_on);
  // The kernel puts the header before it.
  const auto sent = ::sendto(socket, packet.data(), packet.size(), MSG_DONTWAIT,
                             reinterpret_cast<const sockaddr*>(&*to), sizeof *to);
  if (sent < 0) return failed("sending on " + question.interface);
  return {};
}

}  // namespace

Result<void> send_magic_frame(const RawWakeQuestion& question) {
  // Of no protocol: it hears nothing.
  const int socket = ::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return failed("cannot open a packet socket");
  auto sent = send_on(socket, question);
  ::close(socket);
  return sent;
}

std::string answer_raw_wake(std::string_view line) {
  const auto question = parse_raw_wake_question(line);
  if (!question) return raw_wake_answer(std::unexpected(question.error()));
  return raw_wake_answer(send_magic_frame(*question));
}

}  // namespace ecokube::agent
