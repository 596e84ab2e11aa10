#include "coordinator/power/wake_on_lan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/asio_tuple.h"
#include "common/datagram.h"
#include "common/host_port.h"
#include "common/log.h"
#include "common/magic_packet.h"
#include "common/raw_waking.h"
#include "coordinator/power/own_segments.h"
#include "coordinator/power/secure_on_file.h"

namespace ecokube {
namespace {

namespace asio = boost::asio;
using asio::ip::udp;
using boost::system::error_code;

constexpr std::chrono::seconds kResolveLimit{3};
constexpr auto kWait = kTuple;

asio::awaitable<Result<udp::endpoint>> resolve(asio::any_io_executor executor, HostPort address) {
  error_code not_numeric;
  const auto ip = asio::ip::make_address(address.host, not_numeric);
  if (!not_numeric) co_return udp::endpoint(ip, address.port);

  using namespace asio::experimental::awaitable_operators;
  udp::resolver resolver(executor);
  asio::steady_timer limit(executor, kResolveLimit);
  const std::string port = std::to_string(address.port);
  const auto answer =
      co_await (resolver.async_resolve(address.host, port, kWait) || limit.async_wait(kWait));
  if (answer.index() == 1) {
    co_return fail(Errc::timeout, "the name " + address.host + " was not resolved in " +
                                      std::to_string(kResolveLimit.count()) + " s");
  }
  const auto& [error, found] = std::get<0>(answer);
  if (error || found.empty()) {
    co_return fail(Errc::unreachable,
                   "the name " + address.host + " is not known: " + error.message());
  }
  co_return found.begin()->endpoint();
}

/// What goes out for one MAC.
struct Packet {
  MacAddress mac;
  std::vector<std::uint8_t> bytes;
};

/// Datagrams go out at once or not at all, so this never waits.
Result<void> send(udp::socket& socket, const udp::endpoint& to, const Packet& packet,
                  const std::string& interface) {
  const auto once = [&] {
    return error_code(send_datagram(socket.native_handle(), to.data(),
                                    static_cast<socklen_t>(to.size()), interface, packet.bytes),
                      boost::system::system_category());
  };
  auto error = once();
  if (error == asio::error::access_denied) {
    // The kernel knows which addresses are a broadcast of one of its networks; only then is this
    // asked of it.
    socket.set_option(asio::socket_base::broadcast(true), error);
    if (!error) error = once();
  }
  if (!error) return {};
  const bool local = error == asio::error::access_denied;
  return fail(local ? Errc::forbidden : Errc::unreachable,
              "magic packet for " + packet.mac.text() +
                  (interface.empty() ? "" : " by " + interface) + ": " + error.message() +
                  (local ? "; is a firewall in the way?" : ""));
}

/// By each of these interfaces, or as the routes say; one that fails keeps it from no other. Adds
/// those that it left by to `left_by`.
Result<void> send_by(udp::socket& socket, const udp::endpoint& to, const Packet& packet,
                     const std::vector<std::string>& interfaces, std::set<std::string>& left_by) {
  if (interfaces.empty()) return send(socket, to, packet, {});
  bool any = false;
  Result<void> last;
  for (const auto& interface : interfaces) {
    auto sent = send(socket, to, packet, interface);
    if (sent) left_by.insert(interface);
    any = any || sent;
    if (!sent) last = std::move(sent);
  }
  return any ? Result<void>() : last;
}

Egress egress_of(const udp::endpoint& to) {
  if (!to.address().is_v4()) return {};
  return egress_to(own_addresses(), to.address().to_v4().to_uint());
}

class WakeOnLan final : public PowerControl {
 public:
  WakeOnLan(asio::any_io_executor executor, std::filesystem::path raw_socket)
      : executor_(executor), raw_(std::move(executor), std::move(raw_socket)) {}

  Result<std::optional<SecureOn>> secure_on_of(const core::WakeNode& target) override {
    return read_secure_on(target.secure_on_file);
  }
  asio::awaitable<Result<void>> wake(const core::WakeNode& target,
                                     const Result<std::optional<SecureOn>>& secure_on) override {
    return wake_all(target, secure_on);
  }

 private:
  asio::awaitable<Result<void>> wake_all(core::WakeNode target,
                                         Result<std::optional<SecureOn>> secure_on);
  Result<void> send_all(const core::WakeNode& target, const udp::endpoint& to,
                        const Result<std::optional<SecureOn>>& secure_on);

  asio::any_io_executor executor_;
  RawWaking raw_;
};

asio::awaitable<Result<void>> WakeOnLan::wake_all(core::WakeNode target,
                                                  Result<std::optional<SecureOn>> secure_on) {
  if (target.macs.empty()) {
    co_return fail(Errc::invalid,
                   "no MAC address is known to wake; its agent reports one once it "
                   "has been connected");
  }
  const auto address = parse_host_port(target.address, kWakePort);
  if (!address) co_return std::unexpected(address.error());
  const auto to = co_await resolve(executor_, *address);
  if (!to) co_return fail_while("waking by " + address->text(), to.error());
  auto sent = send_all(target, *to, secure_on);
  if (!sent) co_return fail_while("waking by " + address->text(), std::move(sent.error()));
  co_return Result<void>{};
}

Result<void> WakeOnLan::send_all(const core::WakeNode& target, const udp::endpoint& to,
                                 const Result<std::optional<SecureOn>>& secure_on) {
  udp::socket socket(executor_);
  error_code error;
  socket.open(to.protocol(), error);
  if (error) return fail(Errc::io, "opening a UDP socket: " + error.message());
  const auto egress = egress_of(to);
  RawFrames frames{egress.raw, {}, secure_on.value_or(std::nullopt)};
  std::set<std::string> left_by;
  std::optional<Error> first;
  for (const auto& text : target.macs) {
    const auto mac = MacAddress::parse(text);
    Result<void> sent = fail(Errc::invalid, "\"" + text + "\" is not a MAC address");
    if (mac) {
      frames.macs.push_back(*mac);
      sent = send_by(socket, to, {*mac, magic_packet(*mac, frames.secure_on)}, egress.udp, left_by);
    }
    if (!sent && !first) first = sent.error();
  }
  if (!first) {
    log::info("magic packets sent kind=udp to={}:{} interfaces={} macs={}",
              to.address().to_string(), to.port(), fmt::join(left_by, ","),
              fmt::join(target.macs, ","));
  }
  if (target.raw) raw_.send(frames);
  if (!first && !secure_on) {
    first = Error{secure_on.error().code,
                  "the SecureOn password was not sent: " + secure_on.error().message};
  }
  if (first) return std::unexpected(*std::move(first));
  return {};
}

}  // namespace

std::unique_ptr<PowerControl> make_wake_on_lan(asio::any_io_executor executor,
                                               std::filesystem::path raw_socket) {
  return std::make_unique<WakeOnLan>(std::move(executor), std::move(raw_socket));
}

}  // namespace ecokube
