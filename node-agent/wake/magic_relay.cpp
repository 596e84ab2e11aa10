#include "node-agent/wake/magic_relay.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>

#include "common/datagram.h"
#include "common/magic_packet.h"

namespace ecokube::agent {
namespace {

std::string failure(const std::string& what, int error) {
  return what + ": " + std::generic_category().message(error);
}

/// By one interface, or as the routes say. A packet that the kernel has no room for is lost, as on
/// any wire.
Result<void> broadcast_by(int socket, const MagicOrder& order, const std::string& interface) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(order.broadcast);
  to.sin_port = htons(order.port);
  for (const auto& mac : order.macs) {
    const auto packet = magic_packet(mac, order.secure_on);
    const int error =
        send_datagram(socket, reinterpret_cast<const sockaddr*>(&to), sizeof to, interface, packet);
    if (error == 0) continue;
    const auto where = interface.empty() ? std::string() : " by " + interface;
    return fail(Errc::unreachable, failure("cannot send a magic packet" + where, error));
  }
  return {};
}

/// One interface that is down keeps the others from nothing. Returns those it went by.
Result<std::vector<std::string>> broadcast_all(const MagicOrder& order,
                                               const std::vector<std::string>& interfaces) {
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket < 0) return fail(Errc::io, failure("cannot open a UDP socket", errno));
  const int on = 1;
  std::vector<std::string> went;
  Result<void> last;
  if (::setsockopt(socket, SOL_SOCKET, SO_BROADCAST, &on, sizeof on) != 0) {
    last = fail(Errc::io, failure("cannot broadcast", errno));
  } else if (interfaces.empty()) {
    last = broadcast_by(socket, order, {});
  }
  for (const auto& interface : interfaces) {
    auto sent = broadcast_by(socket, order, interface);
    if (sent) went.push_back(interface);
    if (!sent) last = std::move(sent);
  }
  ::close(socket);
  if (!last && went.empty()) return std::unexpected(std::move(last.error()));
  return went;
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

Result<std::vector<std::string>> MagicRelay::send(const MagicOrder& order, const MagicWays& ways,
                                                  std::chrono::nanoseconds now) {
  const auto& segments = ways.segments;
  const bool ours = std::any_of(segments.begin(), segments.end(), [&](const Ipv4Subnet& segment) {
    return segment.is_broadcast(order.broadcast);
  });
  if (!ours) {
    return fail(Errc::forbidden,
                ipv4_text(order.broadcast) + " is no broadcast address of this machine's segments");
  }
  if (!ports_.contains(order.port)) {
    return fail(Errc::forbidden, "no magic packet is sent to port " + std::to_string(order.port));
  }
  if (!take_tokens(std::ssize(order.macs), now)) {
    return fail(Errc::busy, "too many magic packets were asked for");
  }
  return broadcast_all(order, ways.interfaces);
}

}  // namespace ecokube::agent
