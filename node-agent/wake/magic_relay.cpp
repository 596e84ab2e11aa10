#include "node-agent/wake/magic_relay.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>

#include "common/magic_packet.h"

namespace ecokube::agent {
namespace {

std::string failure(const char* what) {
  return std::string(what) + ": " + std::generic_category().message(errno);
}

/// Never waits: a packet that the kernel has no room for is lost, as on any wire.
Result<void> broadcast_all(const std::vector<MacAddress>& macs, std::uint32_t address,
                           std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket < 0) return fail(Errc::io, failure("cannot open a UDP socket"));
  const int on = 1;
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(address);
  to.sin_port = htons(port);
  Result<void> result;
  if (::setsockopt(socket, SOL_SOCKET, SO_BROADCAST, &on, sizeof on) != 0) {
    result = fail(Errc::io, failure("cannot broadcast"));
  }
  for (const auto& mac : macs) {
    if (!result) break;
    const auto packet = magic_packet(mac);
    const auto sent = ::sendto(socket, packet.data(), packet.size(), 0,
                               reinterpret_cast<const sockaddr*>(&to), sizeof to);
    if (sent < 0) result = fail(Errc::unreachable, failure("cannot send a magic packet"));
  }
  ::close(socket);
  return result;
}

}  // namespace

bool MagicRelay::take_tokens(std::int64_t packets, std::chrono::nanoseconds now) {
  const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(now - filled_at_);
  constexpr std::int64_t kMillis = 1000;
  const auto millis = std::clamp<std::int64_t>(elapsed.count(), 0, kMillis * kPacketsMax);
  const auto added = millis * kPacketsPerSecond / kMillis;
  if (added > 0) {
    tokens_ = std::min(kPacketsMax, tokens_ + added);
    filled_at_ = now;
  }
  if (packets > tokens_) return false;
  tokens_ -= packets;
  return true;
}

Result<void> MagicRelay::send(const std::vector<MacAddress>& macs, std::uint32_t broadcast,
                              std::uint16_t port, std::chrono::nanoseconds now) {
  const auto segments = segments_();
  const bool ours = std::any_of(segments.begin(), segments.end(), [&](const Ipv4Subnet& segment) {
    return segment.has_broadcast() && segment.broadcast() == broadcast;
  });
  if (!ours) {
    return fail(Errc::forbidden,
                ipv4_text(broadcast) + " is no broadcast address of this machine's segments");
  }
  if (!ports_.contains(port)) {
    return fail(Errc::forbidden, "no magic packet is sent to port " + std::to_string(port));
  }
  if (!take_tokens(std::ssize(macs), now)) {
    return fail(Errc::busy, "too many magic packets were asked for");
  }
  return broadcast_all(macs, broadcast, port);
}

}  // namespace ecokube::agent
