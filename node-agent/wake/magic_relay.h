#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <set>
#include <vector>

#include "common/error.h"
#include "common/ipv4_subnet.h"
#include "common/mac_address.h"

namespace ecokube::agent {

/// Magic packets for other machines of this machine's segments, by plain UDP broadcast, which needs
/// no right. What a coordinator asks for goes to no address but the broadcast addresses of these
/// segments, to no port but `ports`, and holds nothing but the packet.
class MagicRelay {
 public:
  /// What this machine is on, looked at for each order.
  using Segments = std::function<std::vector<Ipv4Subnet>()>;
  static constexpr std::int64_t kPacketsMax = 256;       ///< at once
  static constexpr std::int64_t kPacketsPerSecond = 64;  ///< in the long run

  MagicRelay(std::set<std::uint16_t> ports, Segments segments)
      : ports_(std::move(ports)), segments_(std::move(segments)) {}

  /// One packet for each MAC. `broadcast` in host byte order, `now` by CLOCK_BOOTTIME. forbidden:
  /// not our segment, or not such a port; busy: too many of late.
  [[nodiscard]] Result<void> send(const std::vector<MacAddress>& macs, std::uint32_t broadcast,
                                  std::uint16_t port, std::chrono::nanoseconds now);

 private:
  [[nodiscard]] bool take_tokens(std::int64_t packets, std::chrono::nanoseconds now);

  std::set<std::uint16_t> ports_;
  Segments segments_;
  std::int64_t tokens_ = kPacketsMax;
  std::chrono::nanoseconds filled_at_{0};
};

}  // namespace ecokube::agent
