#pragma once

#include <string>
#include <string_view>

#include "common/error.h"

namespace ecokube::agent {

/// What ecokube-bmc-info answers of the machine's own management controller (BMC), in one line:
///   "bmc=there channel=1 address=10.0.0.12 mac=00:25:90:aa:bb:cc source=dhcp vlan=12 guid=a1b2..."
/// without what is not known, and " problem=..." to its end if something is wrong. Where there is
/// none: "bmc=none".
struct BmcAnswer {
  bool present = false;
  int channel = 0;      ///< of its LAN; 0: none is known
  std::string address;  ///< IPv4; empty: it is not on a LAN, or that is not known
  std::string mac;      ///< "00:25:90:aa:bb:cc"
  std::string source;   ///< of the address: "static", "dhcp", "bios" or "other"
  int vlan = 0;         ///< 802.1Q; 0: none
  std::string guid;     ///< 32 hexadecimal digits, in the order in which it gives them
  std::string problem;  ///< why it can't be reached over a LAN, or asked, and what to do
  bool operator==(const BmcAnswer&) const = default;
};

/// With its end; a longer problem is cut.
[[nodiscard]] std::string to_line(const BmcAnswer& answer);
/// Without its end. protocol: it is no such line.
[[nodiscard]] Result<BmcAnswer> parse_bmc_answer(std::string_view line);

}  // namespace ecokube::agent
