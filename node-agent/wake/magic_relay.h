#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/error.h"
#include "common/ipv4_subnet.h"
#include "common/mac_address.h"
#include "common/secure_on.h"

namespace ecokube::agent {

/// What a coordinator asks for: one packet for each MAC, to all of one segment.
struct MagicOrder {
  std::vector<MacAddress> macs;
  std::uint32_t broadcast = 0;  ///< the segment's broadcast address, in host byte order
  std::uint16_t port = 0;
  std::optional<SecureOn> secure_on = {};
};

/// What is known of the network when an order comes.
struct MagicWays {
  std::vector<Ipv4Subnet> segments;     ///< that this machine is on
  std::vector<std::string> interfaces;  ///< that have an address on the order's segment
};

/// Magic packets for other machines of this machine's segments, by plain UDP broadcast, which needs
/// no right. What a coordinator asks for goes to no address but the broadcast addresses of these
/// segments, to no port but `ports`, and holds nothing but the packet and its password. A token is
/// one MAC of one order.
class MagicRelay {
 public:
  static constexpr std::int64_t kPacketsMax = 256;       ///< at once
  static constexpr std::int64_t kPacketsPerSecond = 64;  ///< in the long run

  explicit MagicRelay(std::set<std::uint16_t> ports) : ports_(std::move(ports)) {}

  /// Sends it by each of the interfaces, or where there are none as the routes say, and returns
  /// them. `now` by CLOCK_BOOTTIME. forbidden: not our segment, or not such a port; busy: too many
  /// of late; unreachable: it left by none.
  [[nodiscard]] Result<std::vector<std::string>> send(const MagicOrder& order,
                                                      const MagicWays& ways,
                                                      std::chrono::nanoseconds now);

 private:
  [[nodiscard]] bool take_tokens(std::int64_t packets, std::chrono::nanoseconds now);

  std::set<std::uint16_t> ports_;
  std::int64_t tokens_ = kPacketsMax;
  std::chrono::nanoseconds filled_at_{0};
};

}  // namespace ecokube::agent
