#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <span>
#include <string>

namespace ecokube {

/// Sends one datagram. `interface` is where an IPv4 one leaves by, whatever the routes say; empty:
/// as they say. Never waits. Returns 0 or errno; ENODEV: there is no such interface.
[[nodiscard]] int send_datagram(int socket, const sockaddr* to, socklen_t to_bytes,
                                const std::string& interface, std::span<const std::uint8_t> bytes);

}  // namespace ecokube
