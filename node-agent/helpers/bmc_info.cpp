#include "node-agent/helpers/bmc_info.h"

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

#include "common/bmc_values.h"
#include "common/hex_text.h"
#include "common/ipv4_subnet.h"
#include "common/mac_address.h"
#include "common/trimmed.h"
#include "node-agent/sensors/small_file.h"

namespace ecokube::agent {
namespace {

namespace fs = std::filesystem;

/// The first line of "key : value".
std::string_view value_of(std::string_view output, std::string_view key) {
  while (!output.empty()) {
    const auto line = output.substr(0, output.find('\n'));
    output.remove_prefix(std::min(output.size(), line.size() + 1));
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || trimmed(line.substr(0, colon)) != key) continue;
    return trimmed(line.substr(colon + 1));
  }
  return {};
}

std::string source_of(std::string_view words) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kWords{
      {{"Static", "static"}, {"DHCP", "dhcp"}, {"BIOS", "bios"}}};
  for (const auto& [said, word] : kWords) {
    if (words.starts_with(said)) return std::string(word);
  }
  return words.empty() ? "" : "other";
}

/// " a1 23 ef": "a123ef"; empty: the line is none of bytes.
std::string digits_of_bytes(std::string_view line) {
  std::string digits(trimmed(line));
  std::erase(digits, ' ');
  return is_small_hex(digits) ? digits : std::string();
}

/// The first line, as far as it may stand in an answer.
std::string first_line(std::string_view output) {
  constexpr std::size_t kWordsMax = 120;
  const auto text = trimmed(output);
  std::string line(text.substr(0, std::min(text.find('\n'), kWordsMax)));
  std::replace_if(line.begin(), line.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return line.empty() ? "it says nothing" : line;
}

std::string why_not(const Error& error) {
  if (error.code == Errc::not_found) return "ipmitool is not installed; run: apt install ipmitool";
  return "ipmitool: " + error.message + "; try: ipmitool mc info, and ipmitool mc reset cold";
}

bool has_device(const fs::path& devices) {
  constexpr std::array kNames{"ipmi0", "ipmi/0", "ipmidev/0"};  // as ipmitool looks for them
  return std::any_of(kNames.begin(), kNames.end(), [&](const char* name) {
    std::error_code ignored;
    return fs::exists(devices / name, ignored);
  });
}

void take(BmcAnswer& answer, int channel, BmcLan lan) {
  answer.channel = channel;
  answer.address = std::move(lan.address);
  answer.mac = std::move(lan.mac);
  answer.source = std::move(lan.source);
  answer.vlan = lan.vlan;
}

/// The first channel with an address, else the first that is a LAN. Which ones may be, IPMI leaves
/// to the vendor; these are what vendors use.
Result<void> look_for_lan(BmcAnswer& answer, const Ipmitool& ipmitool) {
  constexpr std::array kChannels{1, 2, 3, 8};
  std::string first_words;
  for (const int channel : kChannels) {
    const auto ran = ipmitool({"lan", "print", std::to_string(channel)});
    if (!ran) return std::unexpected(ran.error());
    if (first_words.empty()) first_words = first_line(ran->output);
    if (ran->output.find("Could not open device") != std::string::npos) {
      return fail(Errc::io, first_line(ran->output));
    }
    auto lan = lan_in(ran->output);
    if (!lan || (answer.channel != 0 && lan->address.empty())) continue;
    const bool found = !lan->address.empty();
    take(answer, channel, std::move(*lan));
    if (found) return {};
  }
  if (answer.channel == 0) {
    answer.problem =
        "its BMC shows no LAN channel (" + first_words + "); look: ipmitool channel info 1";
  } else {
    const auto channel = std::to_string(answer.channel);
    answer.problem = "its BMC has no address on a LAN; run: ipmitool lan set " + channel +
                     " ipsrc dhcp, and plug in its cable";
  }
  return {};
}

/// A channel may have an address and take no IPMI sessions, which Redfish does not care about.
void look_at_access(BmcAnswer& answer, const Ipmitool& ipmitool) {
  const auto channel = std::to_string(answer.channel);
  const auto ran = ipmitool({"channel", "info", channel});
  if (!ran) return;
  const auto mode = access_mode_in(ran->output);
  if (mode != "disabled" && mode != "pre-boot only") return;
  answer.problem = "its BMC takes no IPMI over the LAN (access mode " + mode +
                   "); run: ipmitool lan set " + channel + " access on, or use Redfish";
}

}  // namespace

std::optional<BmcLan> lan_in(std::string_view output) {
  const auto said = value_of(output, "IP Address");
  const auto address = parse_ipv4(said);
  if (!address) return std::nullopt;
  BmcLan lan;
  if (*address != 0) lan.address = ipv4_text(*address);
  const auto mac = MacAddress::parse(value_of(output, "MAC Address"));
  if (mac && *mac != MacAddress({})) lan.mac = mac->text();
  lan.source = source_of(value_of(output, "IP Address Source"));
  const auto vlan = parse_number(value_of(output, "802.1q VLAN ID"));  // else "Disabled"
  if (vlan && *vlan <= kVlanMax) lan.vlan = static_cast<int>(*vlan);
  return lan;
}

std::string access_mode_in(std::string_view output) {
  return std::string(value_of(output, "Access Mode"));  // the volatile one stands first
}

std::string bmc_guid_in(std::string_view output) {
  std::string digits;
  while (!output.empty() && digits.size() != kBmcGuidDigits) {
    const auto line = output.substr(0, output.find('\n'));
    output.remove_prefix(std::min(output.size(), line.size() + 1));
    digits = digits_of_bytes(line);  // other lines are ipmitool's own words
  }
  if (digits.size() != kBmcGuidDigits) digits.clear();
  return digits;
}

BmcAnswer answer_of(const fs::path& devices, const Ipmitool& ipmitool) {
  BmcAnswer answer;
  answer.present = has_device(devices);
  if (!answer.present) return answer;
  if (const auto looked = look_for_lan(answer, ipmitool); !looked) {
    answer.problem = why_not(looked.error());
    return answer;
  }
  if (!answer.address.empty()) look_at_access(answer, ipmitool);
  const auto guid = ipmitool({"raw", "0x06", "0x37"});
  if (guid && guid->status == 0) answer.guid = bmc_guid_in(guid->output);
  return answer;
}

}  // namespace ecokube::agent
