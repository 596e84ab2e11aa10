#pragma once

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/udp.hpp>
#include <cstdint>
#include <map>
#include <string>

#include "bench/spread.h"
#include "common/error.h"
#include "common/mac_address.h"

namespace ecokube::bench {

/// Hears magic packets on a loopback address, for all machines of the fleet.
class WakeEar {
 public:
  explicit WakeEar(const boost::asio::any_io_executor& executor) : socket_(executor) {}

  [[nodiscard]] Result<void> open(const std::string& address);
  /// "host:port", for agents and for the poll loop.
  [[nodiscard]] std::string address() const;

  /// The first packet for each machine.
  std::map<MacAddress, Clock::time_point> heard;

 private:
  void listen();

  boost::asio::ip::udp::socket socket_;
  std::array<char, 256> packet_{};
};

}  // namespace ecokube::bench
