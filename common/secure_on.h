#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ecokube {

/// The password that some cards want behind a magic packet: 4 or 6 bytes. It is a secret that each
/// packet shows to its segment; we show it to nobody else, so that it has no text for a log.
class SecureOn {
 public:
  static constexpr std::size_t kShortBytes = 4, kLongBytes = 6;

  /// "aa:bb:cc:dd:ee:ff", or four bytes as "1.2.3.4"; anything else is nullopt.
  [[nodiscard]] static std::optional<SecureOn> parse(std::string_view text);
  /// From exactly four or six raw bytes.
  [[nodiscard]] static std::optional<SecureOn> from_bytes(std::string_view raw);

  [[nodiscard]] const std::vector<std::uint8_t>& bytes() const { return bytes_; }
  [[nodiscard]] std::string raw() const { return {bytes_.begin(), bytes_.end()}; }
  /// As parse() reads it: for the socket of a helper, and nothing else.
  [[nodiscard]] std::string reveal() const;
  bool operator==(const SecureOn&) const = default;

 private:
  explicit SecureOn(std::vector<std::uint8_t> bytes) : bytes_(std::move(bytes)) {}

  std::vector<std::uint8_t> bytes_;
};

}  // namespace ecokube
