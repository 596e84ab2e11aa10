#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>

#include "common/host_port.h"

namespace ecokube {

inline constexpr std::uint16_t kIpmiPort = 623;  ///< UDP
inline constexpr std::int64_t kCipherSuiteDefault = 17;

/// A BMC that is asked by IPMI v2.0 (lanplus). Its password stays in its file.
struct IpmiAccess {
  HostPort address;
  std::string user;
  std::filesystem::path password_file;
  /// Of RMCP+: 17 (HMAC-SHA256, AES-128) on new BMCs, 3 (HMAC-SHA1, AES-128) on old ones.
  std::int64_t cipher_suite = kCipherSuiteDefault;
  bool operator==(const IpmiAccess&) const = default;
};

/// How one node's management controller is reached.
using BmcAccess = std::variant<IpmiAccess>;

}  // namespace ecokube
