#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "common/host_port.h"
#include "common/names.h"

namespace ecokube {

inline constexpr std::uint16_t kIpmiPort = 623;  ///< UDP
inline constexpr std::int64_t kCipherSuiteDefault = 17;
inline constexpr std::int64_t kCipherSuiteMax = 17;  ///< and 1 the least: 0 proves no password

/// Where a password is: in a file, which is read each time that it is needed, or in a variable of
/// our environment, which is taken out of it before there are children.
struct PasswordSource {
  std::filesystem::path file;
  std::string variable;
  std::string taken = {};  ///< from there
  bool operator==(const PasswordSource&) const = default;
};

/// A BMC that is asked by IPMI v2.0 (lanplus).
struct IpmiAccess {
  HostPort address;
  std::string user;
  PasswordSource password;
  /// Of RMCP+: 17 (HMAC-SHA256, AES-128) on new BMCs, 3 (HMAC-SHA1, AES-128) on old ones.
  std::int64_t cipher_suite = kCipherSuiteDefault;
  bool operator==(const IpmiAccess&) const = default;
};

inline constexpr std::uint16_t kRedfishPort = 443;  ///< TCP

/// By what a BMC's certificate is believed; one of them is empty.
struct RedfishTrust {
  std::string fingerprint;   ///< of the certificate or of its public key
  std::filesystem::path ca;  ///< of one or more CAs, PEM
  bool operator==(const RedfishTrust&) const = default;
};

/// A BMC that is asked by Redfish over HTTPS.
struct RedfishAccess {
  HostPort address;
  std::string user;
  PasswordSource password;
  RedfishTrust trust;
  std::string system;    ///< its path; empty: the only one there is
  bool session = false;  ///< we log in; else each request carries user and password
  bool operator==(const RedfishAccess&) const = default;
};

/// A program of the user's that stands for a BMC: of an outlet, a plug or a hypervisor.
struct ExecAccess {
  NodeName node;
  std::filesystem::path program;
  std::vector<std::pair<std::string, std::string>> environment;  ///< added to ours
  bool may_cut_power = false;
  bool measures_power = false;  ///< it knows the argument "watts"
  bool operator==(const ExecAccess&) const = default;
};

/// How one node's management controller is reached.
using BmcAccess = std::variant<IpmiAccess, RedfishAccess, ExecAccess>;

}  // namespace ecokube
