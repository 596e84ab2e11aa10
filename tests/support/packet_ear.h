#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

namespace ecokube::test {

/// A UDP socket of the loopback on which packets arrive. `address` in host byte order; port 0: any.
class PacketEar {
 public:
  explicit PacketEar(std::uint32_t address, std::uint16_t on_port = 0) {
    socket_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(address);
    at.sin_port = htons(on_port);
    socklen_t size = sizeof at;
    bound = ::bind(socket_, reinterpret_cast<sockaddr*>(&at), size) == 0;
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&at), &size);
    port = ntohs(at.sin_port);
  }
  PacketEar(const PacketEar&) = delete;
  PacketEar& operator=(const PacketEar&) = delete;
  ~PacketEar() { ::close(socket_); }

  /// The next packet; empty: none is there.
  std::string hear() {
    pollfd ready{socket_, POLLIN, 0};
    if (::poll(&ready, 1, 0) <= 0) return {};
    std::array<char, 2048> packet{};
    const auto size = ::recv(socket_, packet.data(), packet.size(), 0);
    return {packet.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
  }
  bool bound = false;
  std::uint16_t port = 0;

 private:
  int socket_ = -1;
};

}  // namespace ecokube::test
