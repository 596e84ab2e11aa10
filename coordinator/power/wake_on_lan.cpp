#include "coordinator/power/wake_on_lan.h"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <optional>
#include <utility>

#include "common/asio_tuple.h"
#include "common/host_port.h"
#include "common/magic_packet.h"

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

/// Datagrams go out at once or not at all, so this never waits.
Result<void> send(udp::socket& socket, const udp::endpoint& to, MacAddress mac) {
  const auto packet = magic_packet(mac);
  error_code error;
  socket.send_to(asio::buffer(packet), to, 0, error);
  if (error == asio::error::access_denied) {
    // The kernel knows which addresses are a broadcast of one of its networks; only then is this
    // asked of it.
    socket.set_option(asio::socket_base::broadcast(true), error);
    if (!error) socket.send_to(asio::buffer(packet), to, 0, error);
  }
  if (!error) return {};
  const bool local = error == asio::error::access_denied;
  return fail(local ? Errc::forbidden : Errc::unreachable,
              "magic packet for " + mac.text() + ": " + error.message() +
                  (local ? "; is a firewall in the way?" : ""));
}

asio::awaitable<Result<void>> wake_all(asio::any_io_executor executor, core::WakeNode target) {
  if (target.macs.empty()) {
    co_return fail(Errc::invalid,
                   "no MAC address is known to wake; its agent reports one once it "
                   "has been connected");
  }
  const auto address = parse_host_port(target.address, kWakePort);
  if (!address) co_return std::unexpected(address.error());
  const auto to = co_await resolve(executor, *address);
  if (!to) co_return fail_while("waking by " + address->text(), to.error());

  udp::socket socket(executor);
  error_code error;
  socket.open(to->protocol(), error);
  if (error) co_return fail(Errc::io, "opening a UDP socket: " + error.message());
  socket.non_blocking(true, error);

  std::optional<Error> first;
  for (const auto& text : target.macs) {
    const auto mac = MacAddress::parse(text);
    const auto sent = mac ? send(socket, *to, *mac)
                          : fail(Errc::invalid, "\"" + text + "\" is not a MAC address");
    if (!sent && !first) first = sent.error();
  }
  if (first) co_return fail_while("waking by " + address->text(), *first);
  co_return Result<void>{};
}

class WakeOnLan final : public PowerControl {
 public:
  explicit WakeOnLan(asio::any_io_executor executor) : executor_(std::move(executor)) {}

  asio::awaitable<Result<void>> wake(const core::WakeNode& target) override {
    return wake_all(executor_, target);
  }

 private:
  asio::any_io_executor executor_;
};

}  // namespace

std::unique_ptr<PowerControl> make_wake_on_lan(asio::any_io_executor executor) {
  return std::make_unique<WakeOnLan>(std::move(executor));
}

}  // namespace ecokube
