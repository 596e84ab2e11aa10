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

bool same_machine(std::string_view bmc_guid, std::string_view smbios_uuid) {
  const auto guid = bytes_of(bmc_guid);
  const auto uuid = bytes_of(smbios_uuid);
  if (!guid || !uuid) return false;
  return *guid == *uuid || *guid == fields_turned(*uuid) || *guid == reversed(*uuid);
}

}  // namespace ecokube::core
