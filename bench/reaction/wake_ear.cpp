#include "bench/reaction/wake_ear.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <string_view>

#include "common/log.h"
#include "common/magic_packet.h"

namespace ecokube::bench {

namespace asio = boost::asio;
using asio::ip::udp;

namespace {

constexpr std::size_t kHeaderBytes = 6;

/// Whom a packet is for; nullopt when it is no magic packet.
std::optional<MacAddress> machine_of(std::string_view packet) {
  if (packet.size() != kMagicPacketBytes) return std::nullopt;
  const auto mac = MacAddress::from_bytes(packet.substr(kHeaderBytes, MacAddress::kBytes));
  if (!mac) return std::nullopt;
  const auto whole = magic_packet(*mac);
  const bool same = std::ranges::equal(
      packet, whole, [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
  return same ? mac : std::nullopt;
}

}  // namespace

Result<void> WakeEar::open(const std::string& address) {
  boost::system::error_code error;
  const udp::endpoint here(asio::ip::make_address(address, error), 0);
  if (!error) socket_.open(here.protocol(), error);
  if (!error) socket_.bind(here, error);
  if (error) return fail(Errc::io, "listening on " + address + ": " + error.message());
  listen();
  return {};
}

std::string WakeEar::address() const {
  const auto here = socket_.local_endpoint();
  return fmt::format("{}:{}", here.address().to_string(), here.port());
}

void WakeEar::listen() {
  socket_.async_receive(asio::buffer(packet_),
                        [this](const boost::system::error_code& error, std::size_t size) {
                          const auto now = Clock::now();
                          if (error == asio::error::operation_aborted) return;
                          if (const auto mac = machine_of({packet_.data(), size})) {
                            heard.try_emplace(*mac, now);
                          } else {
                            log::warn("a datagram of {} bytes is no magic packet", size);
                          }
                          listen();
                        });
}

}  // namespace ecokube::bench
