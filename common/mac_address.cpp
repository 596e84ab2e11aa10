#include "common/mac_address.h"

#include <algorithm>
#include <charconv>

namespace ecokube {

std::optional<MacAddress> MacAddress::parse(std::string_view text) {
  constexpr std::size_t kTextLength = 17;
  if (text.size() != kTextLength) return std::nullopt;
  std::array<std::uint8_t, kBytes> bytes{};
  for (std::size_t i = 0; i < kBytes; ++i) {
    const char* at = text.data() + 3 * i;
    if (i + 1 < kBytes && at[2] != ':' && at[2] != '-') return std::nullopt;
    const auto [end, error] = std::from_chars(at, at + 2, bytes[i], 16);
    if (error != std::errc{} || end != at + 2) return std::nullopt;
  }
  return MacAddress(bytes);
}

std::optional<MacAddress> MacAddress::from_bytes(std::string_view raw) {
  if (raw.size() != kBytes) return std::nullopt;
  std::array<std::uint8_t, kBytes> bytes{};
  std::copy(raw.begin(), raw.end(), bytes.begin());
  return MacAddress(bytes);
}

std::string MacAddress::text() const {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < kBytes; ++i) {
    if (i > 0) out += ':';
    out += kHex[bytes_[i] >> 4];
    out += kHex[bytes_[i] & 0xf];
  }
  return out;
}

}  // namespace ecokube
