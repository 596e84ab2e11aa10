#pragma once

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

namespace ecokube::test {

/// All frames that arrive at an interface of this thread's network namespace, from its making on.
class FrameEar {
 public:
  explicit FrameEar(const std::string& interface) {
    socket_ = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    sockaddr_ll at{};
    at.sll_family = AF_PACKET;
    at.sll_protocol = htons(ETH_P_ALL);
    at.sll_ifindex = static_cast<int>(::if_nametoindex(interface.c_str()));
    hears = ::bind(socket_, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0;
  }
  FrameEar(const FrameEar&) = delete;
  FrameEar& operator=(const FrameEar&) = delete;
  ~FrameEar() { ::close(socket_); }

  /// The next frame, from its first address on; empty: none is there. A cable carries a frame at
  /// once, so that all are here once their sender has ended.
  std::string hear() {
    for (;;) {
      pollfd ready{socket_, POLLIN, 0};
      if (::poll(&ready, 1, 0) <= 0) return {};
      std::array<char, 2048> frame{};
      sockaddr_ll from{};
      socklen_t from_size = sizeof from;
      const auto size = ::recvfrom(socket_, frame.data(), frame.size(), 0,
                                   reinterpret_cast<sockaddr*>(&from), &from_size);
      if (from.sll_pkttype == PACKET_OUTGOING) continue;  // what this end sends
      return {frame.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
    }
  }
  bool hears = false;

 private:
  int socket_ = -1;
};

}  // namespace ecokube::test
