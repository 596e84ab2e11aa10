#include "coordinator/core/identity.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

namespace ecokube::core {
namespace {

constexpr std::size_t kBytes = 16;
using Bytes = std::array<std::uint8_t, kBytes>;

std::optional<std::uint8_t> digit(char letter) {
  if (letter >= '0' && letter <= '9') return static_cast<std::uint8_t>(letter - '0');
  if (letter >= 'a' && letter <= 'f') return static_cast<std::uint8_t>(letter - 'a' + 10);
  if (letter >= 'A' && letter <= 'F') return static_cast<std::uint8_t>(letter - 'A' + 10);
  return std::nullopt;
}

/// nullopt also for what names no machine: all 00 or all FF.
std::optional<Bytes> bytes_of(std::string_view text) {
  Bytes bytes{};
  std::size_t digits = 0;
  bool zero = true;
  bool full = true;
  for (const char letter : text) {
    if (letter == '-') continue;
    const auto value = digit(letter);
    if (!value || digits == 2 * kBytes) return std::nullopt;
    auto& byte = bytes[digits / 2];
    byte = static_cast<std::uint8_t>(byte << 4 | *value);
    zero = zero && *value == 0;
    full = full && *value == 0xF;
    ++digits;
  }
  if (digits != 2 * kBytes || zero || full) return std::nullopt;
  return bytes;
}

/// With the first three fields of 4, 2 and 2 bytes turned around.
Bytes fields_turned(const Bytes& bytes) {
  constexpr std::array<std::size_t, kBytes> kFrom{3, 2, 1,  0,  5,  4,  7,  6,
                                                  8, 9, 10, 11, 12, 13, 14, 15};
  Bytes turned{};
  for (std::size_t i = 0; i < kBytes; ++i) turned[i] = bytes[kFrom[i]];
  return turned;
}

Bytes reversed(const Bytes& bytes) {
  Bytes turned{};
  std::copy(bytes.rbegin(), bytes.rend(), turned.begin());
  return turned;
}

}  // namespace

std::string smbios_key(std::string_view uuid) {
  const auto bytes = bytes_of(uuid);
  if (!bytes) return {};
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string key;
  for (const auto byte : *bytes) {
    key += kDigits[byte >> 4];
    key += kDigits[byte & 15U];
  }
  // AMI's default, in both orders of its fields.
  constexpr std::array<std::string_view, 2> kOfManyBoards{"03000200040005000006000700080009",
                                                          "00020003000400050006000700080009"};
  return std::find(kOfManyBoards.begin(), kOfManyBoards.end(), key) == kOfManyBoards.end() ? key
                                                                                           : "";
}

std::vector<std::string> identities_of(const Inventory& inventory) {
  std::vector<std::string> keys;
  if (!inventory.machine_id.empty()) keys.push_back("machine id " + inventory.machine_id);
  const auto uuid = smbios_key(inventory.machine.smbios_uuid);
  if (!uuid.empty()) keys.push_back("SMBIOS UUID " + uuid);
  return keys;
}

std::optional<Segment> segment_of(const Ipv4Subnet& subnet) {
  if (!subnet.has_broadcast()) return std::nullopt;
  return Segment{subnet.address & subnet.mask(), subnet.prefix};
}

std::vector<Segment> segments_of(const Inventory& inventory) {
  std::vector<Segment> segments;
  for (const auto& nic : inventory.nics) {
    for (const auto& subnet : nic.subnets) {
      if (const auto segment = segment_of(subnet)) segments.push_back(*segment);
    }
  }
  std::sort(segments.begin(), segments.end());
  segments.erase(std::unique(segments.begin(), segments.end()), segments.end());
  return segments;
}

bool same_machine(std::string_view bmc_guid, std::string_view smbios_uuid) {
  const auto guid = bytes_of(bmc_guid);
  const auto uuid = bytes_of(smbios_uuid);
  if (!guid || !uuid) return false;
  return *guid == *uuid || *guid == fields_turned(*uuid) || *guid == reversed(*uuid);
}

bool guids_differ(std::string_view one, std::string_view other) {
  return !smbios_key(one).empty() && !smbios_key(other).empty() && !same_machine(one, other);
}

}  // namespace ecokube::core
