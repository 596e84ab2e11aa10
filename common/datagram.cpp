#include "common/datagram.h"

#include <net/if.h>
#include <netinet/in.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>

namespace ecokube {

// By IP_PKTINFO, which needs no right and binds the socket to nothing: see ip(7).
int send_datagram(int socket, const sockaddr* to, socklen_t to_bytes, const std::string& interface,
                  std::span<const std::uint8_t> bytes) {
  iovec part{const_cast<std::uint8_t*>(bytes.data()), bytes.size()};
  msghdr message{};
  message.msg_name = const_cast<sockaddr*>(to);
  message.msg_namelen = to_bytes;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(in_pktinfo))> control{};
  if (!interface.empty()) {
    in_pktinfo out_of{};
    const auto index = ::if_nametoindex(interface.c_str());
    if (index == 0) return ENODEV;
    out_of.ipi_ifindex = static_cast<int>(index);
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    auto* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = IPPROTO_IP;
    header->cmsg_type = IP_PKTINFO;
    header->cmsg_len = CMSG_LEN(sizeof out_of);
    std::memcpy(CMSG_DATA(header), &out_of, sizeof out_of);
  }
  return ::sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? errno : 0;
}

}  // namespace ecokube
