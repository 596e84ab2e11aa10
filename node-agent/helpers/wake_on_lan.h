#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "common/error.h"

namespace ecokube::agent {

/// Of the WAKE_* in linux/ethtool.h.
inline constexpr std::uint32_t kWakeMagic = 1U << 5;

/// What a NIC's driver tells of Wake-on-LAN.
struct WakeOnLan {
  std::uint32_t supported = 0, enabled = 0;  ///< bits WAKE_*
  std::array<std::uint8_t, 6> secure_on{};   ///< the owner's password: written back as it was read
  bool operator==(const WakeOnLan&) const = default;
};

/// The drivers of this machine's NICs.
class WakeOnLanDriver {
 public:
  virtual ~WakeOnLanDriver() = default;
  /// unsupported: the driver knows no Wake-on-LAN.
  [[nodiscard]] virtual Result<WakeOnLan> get(const std::string& nic) = 0;
  [[nodiscard]] virtual Result<void> set(const std::string& nic, const WakeOnLan& wanted) = 0;
};

/// The kernel's, by ioctl SIOCETHTOOL, for the network namespace of `socket`, which may be any
/// socket. Both calls need CAP_NET_ADMIN there.
[[nodiscard]] std::unique_ptr<WakeOnLanDriver> make_kernel_driver(int socket);

}  // namespace ecokube::agent
