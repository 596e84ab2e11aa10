#include "lab/machine/magic_packet_check.h"

#include <fmt/format.h>

#include <algorithm>

namespace ecokube::lab {

Result<void> check_magic_packet(std::span<const std::uint8_t> bytes, const MacAddress& mine) {
  constexpr std::size_t kSync = 6;
  constexpr std::size_t kRepeats = 16;
  constexpr std::size_t kSize = kSync + kRepeats * MacAddress::kBytes;
  if (bytes.size() != kSize) {
    return fail(Errc::invalid, fmt::format("{} bytes instead of {}", bytes.size(), kSize));
  }
  if (!std::ranges::all_of(bytes.first(kSync), [](auto byte) { return byte == 0xff; })) {
    return fail(Errc::invalid, "no synchronisation bytes");
  }
  for (std::size_t i = 0; i < kRepeats; ++i) {
    const auto copy = bytes.subspan(kSync + i * MacAddress::kBytes, MacAddress::kBytes);
    if (!std::ranges::equal(copy, mine.bytes())) {
      return fail(Errc::invalid,
                  fmt::format("copy {} of the address is not {}", i + 1, mine.text()));
    }
  }
  return {};
}

}  // namespace ecokube::lab
