#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/bounded_run.h"
#include "node-agent/helpers/bmc_answer.h"

// What ecokube-bmc-info asks of the machine's own management controller, by ipmitool, and what that
// one prints.
namespace ecokube::agent {

/// What `ipmitool lan print` says of a channel.
struct BmcLan {
  std::string address;  ///< IPv4; empty: it has none
  std::string mac, source;
  int vlan = 0;
  bool operator==(const BmcLan&) const = default;
};

/// nullopt: the channel is no LAN. ipmitool may fail at a later line all the same.
[[nodiscard]] std::optional<BmcLan> lan_in(std::string_view output);

/// Of `ipmitool channel info`: how the channel takes sessions now; empty: it does not say.
[[nodiscard]] std::string access_mode_in(std::string_view output);

/// Of `ipmitool raw 0x06 0x37` (Get System GUID): 32 digits in the order in which they came, which
/// `mc guid` guesses at; empty: it gave none.
[[nodiscard]] std::string bmc_guid_in(std::string_view output);

/// Runs ipmitool with these words behind it.
using Ipmitool = std::function<Result<Ran>(const std::vector<std::string>& words)>;

/// Asks the BMC whose device is in `devices` ("/dev"); nothing is asked where there is none.
[[nodiscard]] BmcAnswer answer_of(const std::filesystem::path& devices, const Ipmitool& ipmitool);

}  // namespace ecokube::agent
