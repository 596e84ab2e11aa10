#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ecokube {

/// An EUI-48 address.
class MacAddress {
 public:
  static constexpr std::size_t kBytes = 6;
  explicit constexpr MacAddress(std::array<std::uint8_t, kBytes> bytes) : bytes_(bytes) {}

  /// "aa:bb:cc:dd:ee:ff" in either case, or with '-'; anything else is nullopt.
  [[nodiscard]] static std::optional<MacAddress> parse(std::string_view text);
  /// From exactly six raw bytes.
  [[nodiscard]] static std::optional<MacAddress> from_bytes(std::string_view raw);

  [[nodiscard]] constexpr const std::array<std::uint8_t, kBytes>& bytes() const { return bytes_; }
  [[nodiscard]] std::string raw() const { return std::string(bytes_.begin(), bytes_.end()); }
  [[nodiscard]] std::string text() const;
  auto operator<=>(const MacAddress&) const = default;

 private:
  std::array<std::uint8_t, kBytes> bytes_;
};

}  // namespace ecokube
